// The map as a table: what the picture shows, in words.

import { html } from "../lib/dom.js";
import { EDGES, KINDS, clock, filterText } from "../lib/words.js";

const HEADS = ["service", "part", "kind", "waiting", "in work", "not empty since", "dead letters", "leads to"];

export function table(store) {
  const body = html("tbody");
  fillTable(body, store);
  const head = html("thead", {}, html("tr", {}, HEADS.map((name) => html("th", { scope: "col" }, name))));
  const caption = html("caption", { class: "spoken" }, "Every part of the deployed system. Numbers of messages are approximate.");
  return { element: html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The map as a table" }, html("table", { class: "grid" }, caption, head, body)), body };
}

export function fillTable(body, store) {
  const { nodes, edges, lanes } = store.topology;
  const order = new Map(lanes.map(({ id }, i) => [id, i]));
  const sorted = nodes.filter((node) => !node.dead_letters_of).sort((a, b) => order.get(a.lane) - order.get(b.lane));
  body.replaceChildren(...sorted.map((node) => row(store, node, edges)));
}

function row(store, node, edges) {
  const depth = node.kind === "queue" ? store.depths[node.id] : undefined;
  const dead = store.deadLetters(node.id);
  const number = (value) => (value === undefined ? "" : value ? `≈${value.toLocaleString("en")}` : "0");
  const numeric = { class: "number" };
  return html(
    "tr",
    {},
    html("td", {}, node.lane),
    html("th", { scope: "row" }, node.name, store.off.has(node.id) ? " (takes no messages now)" : ""),
    html("td", {}, KINDS[node.kind] ?? node.kind),
    html("td", numeric, number(depth?.visible)),
    html("td", numeric, number(depth?.in_flight)),
    html("td", numeric, depth?.waiting_since ? clock(depth.waiting_since) : ""),
    html("td", { class: dead ? "number urgent-text" : "number" }, store.deadLettersOf.has(node.id) ? number(dead) : ""),
    html("td", {}, leads(store, node, edges)),
  );
}

function leads(store, node, edges) {
  return edges
    .filter((edge) => edge.from === node.id && edge.kind !== "redrives")
    .map((edge) => {
      const filter = edge.filter ? `, only where ${filterText(edge.filter)}` : "";
      return html("div", {}, `${EDGES[edge.kind]} ${store.name(edge.to)}${filter}${edge.enabled ? "" : " (switched off)"}`);
    });
}
