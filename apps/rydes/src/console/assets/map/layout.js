// The places of nodes, lanes and edges in the map. dagre lays out each lane; lanes.js places the lanes, ways.js the edges between them.

import dagre from "../vendor/dagre.js";
import { placeLanes } from "./lanes.js";
import { room, shortName, width } from "./names.js";
import { REACH } from "./shapes.js";
import { Ways } from "./ways.js";

export const CELL = { w: 90, h: 63 };
// The middle of a node's shape, from the top of its cell.
export const MIDDLE = 25;
const PADDING = { x: 6, top: 18, bottom: 4 };

let last = { key: null, placed: null };

/** Lays out a topology for a window of these proportions: `{w, h, nodes: Map, lanes: [], edges: []}`. The last layout is kept. */
export function layout(topology, window) {
  const key = JSON.stringify([topology.lanes, topology.nodes, topology.edges, window]);
  if (last.key !== key) last = { key, placed: laidOut(topology, window) };
  return last.placed;
}

function laidOut(topology, window) {
  const shown = visible(topology);
  const lanes = topology.lanes
    .map((lane) => [lane, shown.nodes.filter((node) => node.lane === lane.id)])
    .filter(([, members]) => members.length > 0)
    .map(([lane, members]) => inside(lane, members, shown.edges));
  const laneOf = new Map(lanes.flatMap((lane) => [...lane.nodes.keys()].map((id) => [id, lane])));
  const between = shown.edges.filter((edge) => laneOf.get(edge.from) !== laneOf.get(edge.to));
  const links = between.map((edge) => {
    const [from, to] = [laneOf.get(edge.from), laneOf.get(edge.to)];
    const [a, b] = [from.nodes.get(edge.from), to.nodes.get(edge.to)];
    return { from: from.id, to: to.id, fx: a.x, fy: a.y, tx: b.x, ty: b.y };
  });
  const { w, h, places } = placeLanes(lanes, links, window);

  const nodes = new Map();
  const led = new Map();
  for (const lane of lanes) {
    const { x, y } = places.get(lane.id);
    Object.assign(lane, { x, y });
    for (const [id, node] of lane.nodes) nodes.set(id, { ...node, x: node.x + x, y: node.y + y });
    for (const { edge, points } of lane.edges) led.set(edge, points.map((point) => ({ x: point.x + x, y: point.y + y })));
  }
  const ways = new Ways(parts(nodes, lanes, topology.stage), h);
  const edges = shown.edges.map((edge) => {
    const { start, end } = ends(nodes.get(edge.from), nodes.get(edge.to));
    // Where dagre leads backwards, it leaves on the left side.
    const points = start.x < end.x && led.get(edge);
    return points ? { edge, start, end, points: [start, ...points.slice(1, -1), end] } : { edge, start, end, cornered: true };
  });
  for (const { edge, points } of edges) if (points) ways.take(edge, points);
  for (const one of edges.filter(({ cornered }) => cornered).sort((a, b) => apart(a) - apart(b))) one.points = ways.lead(one.edge, one.start, one.end);
  return { w, h, nodes, lanes, edges };
}

const apart = ({ start, end }) => Math.abs(start.x - end.x) + Math.abs(start.y - end.y);

// Edges leave on the right side and come to the left one.
function ends(from, to) {
  return { start: { x: from.x + reach(from), y: from.y }, end: { x: to.x - reach(to) - 3, y: to.y } };
}

const reach = ({ node }) => REACH[node.kind] ?? 14;

// The boxes of shapes, of their names and of the lanes' names.
function parts(nodes, lanes, stage) {
  const around = (id, x, y, { w, above, below, ...more }) => ({ id, cost: 700, ...more, left: x - w / 2, right: x + w / 2, top: y - above, bottom: y + below });
  const ofNodes = [...nodes].flatMap(([id, place]) => {
    const { w, bottom } = room(shortName(place.node.name, stage));
    return [around(id, place.x, place.y, { w: 2 * reach(place), above: 16, below: 16 }), around(undefined, place.x, place.y, { w, above: -16, below: bottom, cost: 300 })];
  });
  return [...ofNodes, ...lanes.map(({ name, x, y }) => ({ cost: 200, left: x + 12, right: x + 12 + width(name), top: y + 2, bottom: y + 17 }))];
}

/** The nodes and edges that the picture shows: no dead-letter queue, which is a badge, and no node without an edge. */
export function visible({ nodes, edges }) {
  const badges = new Set(nodes.filter((node) => node.dead_letters_of).map((node) => node.id));
  const drawn = edges.filter((edge) => !badges.has(edge.from) && !badges.has(edge.to));
  const linked = new Set(drawn.flatMap((edge) => [edge.from, edge.to]));
  return { nodes: nodes.filter((node) => linked.has(node.id) && !badges.has(node.id)), edges: drawn };
}

function inside(lane, members, edges) {
  const own = edges.filter((edge) => members.some(({ id }) => id === edge.from) && members.some(({ id }) => id === edge.to));
  const graph = arranged(members, own);
  const lift = ({ x, y }) => ({ x: x + PADDING.x, y: y - CELL.h / 2 + MIDDLE + PADDING.top });
  return {
    id: lane.id,
    name: lane.name,
    nodes: new Map(members.map((node) => [node.id, { node, ...lift(graph.node(node.id)) }])),
    edges: own.map((edge) => ({ edge, points: graph.edge(edge.from, edge.to, edge.id).points.map(lift) })),
    w: Math.max(graph.graph().width, 84) + 2 * PADDING.x,
    h: graph.graph().height + PADDING.top + PADDING.bottom,
  };
}

function arranged(members, edges) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 2, ranksep: 12, edgesep: 4 });
  for (const node of members) graph.setNode(node.id, { width: CELL.w, height: CELL.h });
  for (const edge of edges) graph.setEdge(edge.from, edge.to, { weight: edge.kind === "writes" ? 1 : 3 }, edge.id);
  dagre.layout(graph);
  return graph;
}
