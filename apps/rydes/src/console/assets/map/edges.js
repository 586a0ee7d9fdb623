// The lines between nodes.

import { svg } from "../lib/dom.js";
import { filterText } from "../lib/words.js";

/** The path of an edge: curved where dagre leads it, level and upright with rounded corners elsewhere. */
export function route(points, cornered) {
  return cornered ? rounded(points) : points.length > 3 ? through(points) : curve(points[0], points.at(-1));
}

function curve(a, b) {
  if (Math.abs(a.y - b.y) < 1) return `M${a.x} ${a.y}L${b.x} ${b.y}`;
  const bend = Math.min(90, Math.max(18, (b.x - a.x) * 0.5));
  return `M${a.x} ${a.y}C${a.x + bend} ${a.y} ${b.x - bend} ${b.y} ${b.x} ${b.y}`;
}

const ROUND = 8;

function rounded(points) {
  const towards = (a, b) => {
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const part = Math.min(ROUND, length / 2) / length;
    return `${a.x + (b.x - a.x) * part} ${a.y + (b.y - a.y) * part}`;
  };
  const corners = points.slice(1, -1).map((at, i) => `L${towards(at, points[i])}Q${at.x} ${at.y} ${towards(at, points[i + 2])}`);
  return `M${points[0].x} ${points[0].y}${corners.join("")}L${points.at(-1).x} ${points.at(-1).y}`;
}

// A line through points that leaves and arrives level, rounded halfway between each two.
function through(points) {
  let d = `M${points[0].x} ${points[0].y}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [p, next] = [points[i], points[i + 1]];
    const last = i === points.length - 2;
    const [x, y] = last ? [next.x, next.y] : [(p.x + next.x) / 2, (p.y + next.y) / 2];
    d += last ? `C${p.x} ${p.y} ${x - 14} ${y} ${x} ${y}` : `Q${p.x} ${p.y} ${x} ${y}`;
  }
  return d;
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
  const d = edge.filter ? "M-5-4.500h10L1.500 0v5l-3-1.500V0Z" : "M-2-6v12M2-6v12";
  group.append(svg("path", { d, class: edge.filter ? "funnel" : "stop", transform: `translate(${x} ${y})` }));
}

export function edgeTitle(store, edge, verb) {
  const filter = edge.filter ? `, only where ${filterText(edge.filter)}` : "";
  return `${store.name(edge.from)} ${verb} ${store.name(edge.to)}${filter}${edge.enabled ? "" : " (switched off)"}`;
}
