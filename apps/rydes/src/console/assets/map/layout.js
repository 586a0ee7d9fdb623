// The places of nodes, lanes and edges in the map: grid.js places the nodes of each lane, lanes.js the lanes, routes.js the edges.

import { onGrid } from "./grid.js";
import { placeLanes } from "./lanes.js";
import { room, shortName } from "./names.js";
import { STEP, routes } from "./routes.js";

// Middles of shapes lie on the lattice of the routes, so all sizes are multiples of its step.
const TOP = 40;
const SIDE = STEP;
const ROW = { 1: 56, 2: 64 };
const LAST = { 1: 32, 2: 48 };
const NARROWEST = 64;
const MOST_ROWS = 5;

// The layouts of one deployment, by window.
let known = { topology: null, layouts: new Map() };

/** Lays out a topology for a window of these proportions: `{w, h, nodes: Map, lanes: [], edges: []}`. Each window's layout is kept. */
export function layout(topology, window) {
  const text = JSON.stringify([topology.lanes, topology.nodes, topology.edges]);
  if (known.topology !== text) known = { topology: text, layouts: new Map() };
  const key = `${window.w} ${window.h}`;
  if (!known.layouts.has(key)) known.layouts.set(key, laidOut(topology, window));
  return known.layouts.get(key);
}

function laidOut(topology, window) {
  const shown = visible(topology);
  const lanes = topology.lanes
    .map(({ id, name }) => ({ id, name, members: shown.nodes.filter((node) => node.lane === id) }))
    .filter(({ members }) => members.length > 0);
  for (const lane of lanes) lane.forms = forms(lane.members, shown.edges, topology.stage);
  const laneOf = new Map(lanes.flatMap((lane) => lane.members.map(({ id }) => [id, lane])));
  const links = shown.edges
    .map(({ from, to }) => ({ from, to, a: laneOf.get(from), b: laneOf.get(to) }))
    .filter(({ a, b }) => a !== b)
    .map(({ from, to, a, b }) => ({ from: a.id, to: b.id, starts: a.forms.map(({ nodes }) => nodes.get(from)), ends: b.forms.map(({ nodes }) => nodes.get(to)) }));
  const { w, h, places } = placeLanes(lanes, links, window);

  const nodes = new Map();
  const placed = lanes.map(({ id, name, forms: all }) => {
    const { x, y, form } = places.get(id);
    for (const [one, node] of all[form].nodes) nodes.set(one, { ...node, x: node.x + x, y: node.y + y });
    return { id, name, x, y, w: all[form].w, h: all[form].h };
  });
  return { w, h, nodes, lanes: placed, edges: routes({ w, h, nodes, lanes: placed }, shown.edges) };
}

/** The nodes and edges that the picture shows: no dead-letter queue, which is a badge, and no node without an edge. */
export function visible({ nodes, edges }) {
  const badges = new Set(nodes.filter((node) => node.dead_letters_of).map((node) => node.id));
  const drawn = edges.filter((edge) => !badges.has(edge.from) && !badges.has(edge.to));
  const linked = new Set(drawn.flatMap((edge) => [edge.from, edge.to]));
  return { nodes: nodes.filter((node) => linked.has(node.id) && !badges.has(node.id)), edges: drawn };
}

// A lane with its nodes in one row, in two, and so on: `{w, h, cost, nodes: Map(id → {node, x, y, room})}` each.
function forms(members, edges, stage) {
  const index = new Map(members.map(({ id }, i) => [id, i]));
  const counted = { count: members.length, edges: [], into: members.map(() => 0), out: members.map(() => 0) };
  for (const { from, to, kind } of edges) {
    const [a, b] = [index.get(from), index.get(to)];
    if (a !== undefined && b !== undefined) counted.edges.push({ a, b, weight: kind === "writes" || kind === "reads" ? 1 : 1.5 });
    else if (a !== undefined) counted.out[a] += 1;
    else if (b !== undefined) counted.into[b] += 1;
  }
  const rooms = members.map(({ name }) => room(shortName(name, stage)));
  const found = [];
  for (let rows = 1; rows <= Math.min(MOST_ROWS, members.length); rows++) {
    // So many columns would be wider than any window.
    if (members.length / rows <= 6) found.push(sized(members, rooms, onGrid(counted, rows)));
  }
  const least = Math.min(...found.map(({ cost }) => cost));
  for (const form of found) form.cost -= least;
  return found;
}

// Columns as wide as their names, and rows as high.
function sized(members, rooms, { col, row, cost }) {
  const columns = Array.from({ length: Math.max(...col) + 1 }, () => NARROWEST);
  const lines = Array.from({ length: Math.max(...row) + 1 }, () => 1);
  for (const i of members.keys()) {
    columns[col[i]] = Math.max(columns[col[i]], Math.ceil((rooms[i].w + 10) / (2 * STEP)) * 2 * STEP);
    lines[row[i]] = Math.max(lines[row[i]], rooms[i].lines);
  }
  const lefts = sums(columns, SIDE);
  const tops = sums(lines.map((count) => ROW[count]), TOP);
  const nodes = members.map((node, i) => [node.id, { node, room: rooms[i], x: lefts[col[i]] + columns[col[i]] / 2, y: tops[row[i]] }]);
  return { w: lefts.at(-1) + columns.at(-1) + SIDE, h: tops.at(-1) + LAST[lines.at(-1)], cost, nodes: new Map(nodes) };
}

// Where each of these begins, one after the other.
function sums(sizes, first) {
  return sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, first));
}
