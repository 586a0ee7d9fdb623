// A shape for each kind of node, around the point 0, 0. Colour never tells a kind.

import { html, svg } from "../lib/dom.js";

/** Half the width at which an edge meets the shape. */
export const REACH = { client: 10, api: 18, function: 14, topic: 15, queue: 24, table: 13, state_machine: 17, bucket: 14, email: 16 };

const path = (d, name = "shape") => svg("path", { d, class: name });

const DRAWN = {
  client: () => [path("M-8-13h16a2 2 0 0 1 2 2v22a2 2 0 0 1-2 2h-16a2 2 0 0 1-2-2v-22a2 2 0 0 1 2-2Z"), path("M-3 9h6", "ink")],
  api: () => [path("M-15-12h22l11 12-11 12h-22a2 2 0 0 1-2-2v-20a2 2 0 0 1 2-2Z"), path("M-8-5l-4 5 4 5M4-5l4 5-4 5M0-6l-4 12", "ink")],
  function: () => [path("M-8-14h16a6 6 0 0 1 6 6v16a6 6 0 0 1-6 6h-16a6 6 0 0 1-6-6v-16a6 6 0 0 1 6-6Z"), path("M-5-7h2.500l7 14h2M0 0l-5 7", "ink")],
  topic: () => [svg("circle", { r: 15, class: "shape" }), path("M-8 0h5M2-1.500l6-5M3 0h7M2 1.500l6 5", "ink"), svg("circle", { r: 2.6, class: "dot" })],
  queue: () => [path("M-18-10h36a6 10 0 0 1 0 20h-36a6 10 0 0 1 0-20Z"), path("M18-10a6 10 0 0 0 0 20", "ink"), svg("g", { class: "waiting" })],
  table: () => [path("M-13-9v18a13 5 0 0 0 26 0v-18"), svg("ellipse", { cy: -9, rx: 13, ry: 5, class: "shape" }), path("M-13 0a13 5 0 0 0 26 0", "ink")],
  state_machine: () => [path("M-9-14h18l8 14-8 14h-18l-8-14Z"), path("M-7 0h4M3 0h4M0-3v-4M0 3v4", "ink"), svg("circle", { r: 2.6, class: "dot" })],
  bucket: () => [path("M-14-9l3 20a11 4 0 0 0 22 0l3-20"), svg("ellipse", { cy: -9, rx: 14, ry: 4.5, class: "shape" })],
  email: () => [path("M-14-10h28a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2h-28a2 2 0 0 1-2-2v-16a2 2 0 0 1 2-2Z"), path("M-15-8l15 10 15-10", "ink")],
};

export function shape(kind) {
  return (DRAWN[kind] ?? DRAWN.function)();
}

/** The mark of a filter on an edge. */
export const FUNNEL = "M-6-5.500h12L1.800 0v6l-3.600-1.800V0Z";

/** The mark of dead letters. */
export function diamond(size) {
  return `M0-${size}L${size} 0 0 ${size}-${size} 0Z`;
}

/** A shape on its own, for the legend and beside a name. */
export function icon(kind) {
  const inside = kind === "dead_letter_queue" ? [svg("path", { d: diamond(11), class: "shape" })] : shape(kind);
  return svg("svg", { class: "icon", viewBox: "-26 -18 52 36", "aria-hidden": "true" }, ...inside);
}

/** What the map's dashes, colours and moving marks mean. The last ones are only there in a wide window. */
export function signs() {
  const sign = (text, wide, ...drawn) => html("li", { class: wide ? "wide" : null }, svg("svg", { class: "icon", viewBox: "-26 -18 52 36", "aria-hidden": "true" }, ...drawn), text);
  const mark = (fill, d) => svg("path", { d, transform: "scale(1.8)", fill: `var(${fill})`, stroke: "var(--accent)", "stroke-width": fill === "--ground" ? 1.8 : 0 });
  const dot = "M-4.500 0a4.500 4.500 0 1 0 9 0a4.500 4.500 0 1 0-9 0Z";
  return [
    sign("filtered", false, svg("path", { class: "line", d: "M-26 0h52", "stroke-dasharray": "4 3" }), path(FUNNEL, "funnel")),
    sign("dead letters", false, mark("--urgent", diamond(7))),
    sign("message", true, mark("--accent", dot)),
    sign("duplicate", true, mark("--ground", dot)),
    sign("failed", true, mark("--ink", "M0-5.500L5.500 4.500h-11Z")),
  ];
}
