// The map as an SVG: lanes, edges, nodes, and a layer for messages on top.

import { svg } from "../lib/dom.js";
import { EDGES, KINDS, some } from "../lib/words.js";
import { drawEdge, edgeTitle, markEdge, route } from "./edges.js";
import { layout } from "./layout.js";
import { FIRST, LINE, namesLines, shortName, squeezed } from "./names.js";
import { drawBadge, showBadge, showDepth } from "./queue.js";
import { shape } from "./shapes.js";

export class Picture {
  /** Node id → `{node, x, y, group}`. */
  nodes = new Map();
  /** Edge id → `{edge, group, line}`. */
  edges = new Map();

  constructor(store, window) {
    this.store = store;
    const placed = layout(store.topology, window);
    this.size = { w: placed.w, h: placed.h };
    this.lanes = svg("g");
    this.lines = svg("g", { class: "edges" });
    this.shapes = svg("g");
    this.messages = svg("g", { class: "messages", "aria-hidden": "true" });
    this.element = svg(
      "svg",
      { class: "map", role: "group", "aria-label": "Map of the deployed system. Arrow keys walk along the edges." },
      arrow(),
      this.lanes,
      this.lines,
      this.shapes,
      this.messages,
    );
    for (const lane of placed.lanes) this.lanes.append(drawLane(lane));
    for (const { edge, points, cornered } of placed.edges) this.addEdge(edge, route(points, cornered));
    for (const place of placed.nodes.values()) this.addNode(place);
    this.refresh();
  }

  addEdge(edge, d) {
    const { group, line } = drawEdge(edge, d);
    group.append(svg("title", {}, edgeTitle(this.store, edge, EDGES[edge.kind])));
    this.edges.set(edge.id, { edge, group, line });
    this.lines.append(group);
  }

  addNode({ node, x, y }) {
    const group = svg(
      "g",
      { class: `node ${node.kind}`, transform: `translate(${x} ${y})`, role: "button", tabindex: -1, "data-node": node.id },
      svg("rect", { class: "frame", x: -46, y: -25, width: 92, height: 68, rx: 9 }),
      ...shape(node.kind),
      ...label(this.shortName(node)),
    );
    // Numbers are spoken as a part of the node's label, so they are no part of the button itself.
    const marks = svg("g", { class: "marks", transform: `translate(${x} ${y})`, "aria-hidden": "true" });
    if (node.kind === "queue") marks.append(svg("text", { class: "depth", y: -12 }));
    if (this.store.deadLettersOf.has(node.id)) marks.append(drawBadge());
    this.nodes.set(node.id, { node, x, y, group, marks });
    this.shapes.append(group, marks);
  }

  /** Marks that need the picture's place in the document. */
  attached() {
    for (const { edge, group, line } of this.edges.values()) markEdge(edge, group, line);
  }

  shortName({ name }) {
    return shortName(name, this.store.topology.stage);
  }

  /** Shows depths, dead letters, and what is switched off. */
  refresh() {
    for (const { node, group, marks } of this.nodes.values()) {
      const dead = this.store.deadLetters(node.id);
      if (node.kind === "queue") showDepth(group, marks, this.store.depths[node.id]);
      showBadge(marks, dead);
      group.classList.toggle("off", this.store.off.has(node.id));
      const spoken = this.describe(node, dead);
      if (group.getAttribute("aria-label") !== spoken) group.setAttribute("aria-label", spoken);
    }
    for (const { edge, group } of this.edges.values()) {
      group.classList.toggle("off", !edge.enabled || (edge.kind === "polls" && this.store.off.has(edge.to)));
    }
  }

  describe(node, dead) {
    const parts = [`${KINDS[node.kind] ?? node.kind} ${this.shortName(node)}, ${node.lane}`];
    const depth = this.store.depths[node.id];
    if (node.kind === "queue" && depth) parts.push(`about ${some(depth.visible, "message")} waiting`);
    if (dead) parts.push(`about ${some(dead, "dead letter")}`);
    if (this.store.off.has(node.id)) parts.push("takes no messages now");
    return parts.join(", ");
  }

  /** Ids, and the nodes at the ends of those that are edges. */
  withEnds(ids) {
    const ends = [...this.edges.values()].filter(({ edge }) => ids.has(edge.id)).flatMap(({ edge }) => [edge.from, edge.to]);
    return new Set([...ids, ...ends]);
  }

  /** Brings out the edges of a node; `null` ends that. */
  touch(id = null) {
    if (this.touched === id) return;
    this.touched = id;
    for (const { edge, group } of this.edges.values()) {
      const mine = edge.from === id || edge.to === id;
      group.classList.toggle("touched", mine);
      // Edges share ways, so what is brought out has to be on top.
      if (mine) this.lines.append(group);
    }
  }

  /** Lights up some nodes and edges, and dims the others; `null` ends that. */
  light(ids) {
    this.element.classList.toggle("dimmed", ids !== null);
    for (const [id, { group, marks }] of [...this.nodes, ...this.edges]) {
      group.classList.toggle("lit", ids?.has(id) ?? false);
      marks?.classList.toggle("lit", ids?.has(id) ?? false);
    }
  }
}

function drawLane({ name, x, y, w, h }) {
  const title = svg("text", { class: "lane-name", x: x + 12, y: y + 13 }, name);
  return svg("g", { class: "lane" }, svg("rect", { x, y, width: w, height: h, rx: 12 }), title);
}

function arrow() {
  const marker = svg(
    "marker",
    { id: "arrow", viewBox: "0 0 6 6", refX: 4, refY: 3, markerWidth: 5.5, markerHeight: 5.5, orient: "auto" },
    svg("path", { d: "M0 0.500L5 3 0 5.500Z", class: "arrow" }),
  );
  return svg("defs", {}, marker);
}

function label(name) {
  return namesLines(name).map((line, i) => {
    const textLength = squeezed(line);
    return svg("text", { class: "name", y: FIRST + LINE * i, textLength, lengthAdjust: textLength && "spacingAndGlyphs" }, line);
  });
}
