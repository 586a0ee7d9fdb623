// The lines between nodes.

import { svg } from "../lib/dom.js";
import { filterText } from "../lib/words.js";
import { FUNNEL } from "./shapes.js";

const ROUND = 9;

/** The path along an edge's points, round where it turns. */
export function route(points) {
  let d = `M${points[0].x} ${points[0].y}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [from, at, to] = points.slice(i - 1, i + 2);
    const [a, b] = [towards(at, from), towards(at, to)];
    d += `L${a.x} ${a.y}Q${at.x} ${at.y} ${b.x} ${b.y}`;
  }
  return `${d}L${points.at(-1).x} ${points.at(-1).y}`;
}

// A little way from one point to another.
function towards(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = Math.min(ROUND, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** The drawing of an edge: its line, and a mark in the middle where it is filtered or switched off. */
export function drawEdge(edge, d) {
  const line = svg("path", { d, class: "line", "marker-end": "url(#arrow)" });
  const group = svg("g", { class: `edge ${edge.kind}`, "data-edge": edge.id }, line, svg("path", { d, class: "grip" }));
  if (edge.filter) group.classList.add("filtered");
  if (!edge.enabled) group.classList.add("off");
  return { group, line };
}

/** Puts the mark on an edge whose place is known. */
export function markEdge(edge, group, line) {
  if (!edge.filter && edge.enabled) return;
  const { x, y } = line.getPointAtLength(line.getTotalLength() * (edge.filter ? 0.72 : 0.5));
  const d = edge.filter ? FUNNEL : "M-2-6v12M2-6v12";
  group.append(svg("path", { d, class: edge.filter ? "funnel" : "stop", transform: `translate(${x} ${y})` }));
}

export function edgeTitle(store, edge, verb) {
  const filter = edge.filter ? `, only where ${filterText(edge.filter)}` : "";
  return `${store.name(edge.from)} ${verb} ${store.name(edge.to)}${filter}${edge.enabled ? "" : " (switched off)"}`;
}
