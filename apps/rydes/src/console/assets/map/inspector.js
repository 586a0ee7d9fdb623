// The panel beside the map about the chosen node: its numbers, its edges, its latest messages, and what can be done.

import { act } from "../lib/actions.js";
import { html, refill } from "../lib/dom.js";
import { EDGES, KINDS, clock, ending, filterText, shortId } from "../lib/words.js";
import { icon } from "./shapes.js";

export class Inspector {
  /** `go(id)` shows another node, `close()` none. */
  constructor(store, { go, close }) {
    Object.assign(this, { store, go, close, id: null });
    this.element = html("aside", { class: "inspector", "aria-label": "The chosen part", hidden: true });
  }

  show(id) {
    this.id = id;
    const node = id === null ? null : this.store.nodes.get(id);
    this.element.hidden = !node;
    if (!node) return;
    this.numbers = html("dl", { class: "facts" });
    this.latest = html("ol", { class: "latest" });
    this.buttons = html("div", { class: "row" });
    this.element.replaceChildren(
      html("div", { class: "inspector-head" }, icon(node.kind), html("div", {}, html("p", { class: "over" }, `${KINDS[node.kind] ?? node.kind} · ${node.lane}`), html("h2", {}, node.name)), html("button", { class: "quiet close", "aria-label": "Close", onclick: this.close }, "×")),
      this.numbers,
      this.buttons,
      this.edges("Comes from", "to", "from"),
      this.edges("Leads to", "from", "to"),
      html("section", {}, html("h3", {}, "Latest movements"), this.latest),
      node.code ? html("p", { class: "code" }, html("span", { class: "over" }, "code"), html("code", {}, node.code)) : "",
    );
    this.refresh();
  }

  edges(title, end, other) {
    const found = this.store.topology.edges.filter((edge) => edge[end] === this.id && edge.kind !== "redrives");
    if (!found.length) return "";
    const items = found.map((edge) => {
      const name = html("button", { class: "link", onclick: () => this.go(edge[other]) }, this.store.name(edge[other]));
      const verb = end === "from" ? `${EDGES[edge.kind]} ` : "";
      return html("li", {}, verb, name, edge.filter ? html("p", { class: "filter" }, `only where ${filterText(edge.filter)}`) : null);
    });
    return html("section", {}, html("h3", {}, title), html("ul", { class: "links" }, items));
  }

  refresh() {
    if (this.id === null || this.element.hidden) return;
    const { store, id } = this;
    const node = store.nodes.get(id);
    if (!node) return this.close();
    const depth = store.depths[id];
    const dead = store.deadLetters(id);
    const facts = [];
    if (node.kind === "queue" && depth) {
      facts.push(["waiting", `≈ ${depth.visible.toLocaleString("en")}`], ["in work", `≈ ${depth.in_flight}`]);
      if (depth.delayed) facts.push(["delayed", `≈ ${depth.delayed}`]);
      // SQS does not tell the age of the oldest message. It came after the queue was empty.
      if (depth.waiting_since) facts.push(["not empty since", clock(depth.waiting_since)]);
    }
    if (store.deadLettersOf.has(id)) facts.push(["dead letters", dead ? `≈ ${dead}` : "none"]);
    if (node.kind === "function") facts.push(["takes messages", store.off.has(id) ? "no, switched off" : "yes"]);
    const line = facts.map(([name, value]) => `${name}\t${value}`).join("\n");
    if (line !== this.line || !this.numbers.childElementCount) {
      this.line = line;
      this.numbers.replaceChildren(...facts.flatMap(([name, value]) => [html("dt", {}, name), html("dd", { class: name === "dead letters" && dead ? "urgent-text" : null }, value)]));
    }
    this.showButtons(node, dead);
    this.showLatest();
  }

  showButtons(node, dead) {
    const { store, id } = this;
    const key = `${id} ${store.off.has(id)} ${dead > 0}`;
    if (this.buttons.dataset.key === key) return;
    this.buttons.dataset.key = key;
    const { actions, local, replay, edges } = store.topology;
    const may = actions && !replay;
    const found = [];
    const polled = edges.some((edge) => edge.kind === "polls" && edge.to === id);
    if (may && local && node.kind === "function" && polled) {
      const off = store.off.has(id);
      const [name, text, done] = off ? ["bring-up", "Bring up again", "is up again."] : ["take-down", "Take down", "is down. Its messages wait."];
      found.push(html("button", { onclick: () => act(store, name, { function: id }, `${node.name} ${done}`) }, text));
    }
    if (may && local && node.kind === "queue" && store.deadLettersOf.has(id)) {
      found.push(html("button", { onclick: () => act(store, "poison", { queue: id }, `A message that nothing can handle is in ${node.name}.`) }, "Send a poison message"));
    }
    const letters = store.deadLettersOf.get(id);
    if (dead && letters) found.push(html("a", { class: "button urgent-text", href: `#/dead-letters/${encodeURIComponent(letters)}` }, "Look at the dead letters"));
    this.buttons.replaceChildren(...found);
  }

  showLatest() {
    const { store, id } = this;
    const mine = store.steps.filter(({ from, to }) => from === id || to === id).slice(-6).reverse();
    const items = mine.map((step) => {
      const what = step.count > 1 ? `${step.count} messages` : (step.event_type ?? "message");
      // A message comes and goes in the same moment, so each movement names its other end.
      const way = step.to === id ? `from ${store.name(step.from)}` : `to ${store.name(step.to)}`;
      const link = step.correlation_id ? html("a", { href: `#/message/${encodeURIComponent(step.correlation_id)}` }, shortId(step.correlation_id)) : null;
      return html("li", {}, html("time", {}, clock(step.at)), html("span", {}, `${what} ${way}${ending(step)}`), link);
    });
    refill(this.latest, items.length ? items : [html("li", { class: "nothing" }, "None since the page is open.")]);
  }
}
