// The ways of the edges: along the lines of a lattice, around shapes and names. Edges of one node share a way as far as they can;
// all others only cross.

import { Lattice, SHARED, STEP } from "./lattice.js";
import { REACH } from "./shapes.js";

export { STEP };

// To run on other edges' ways is the last resort.
const COST = { step: 4, shared: 3, mixed: 14, bend: 22, crossing: 34, closed: 220, lane: 3, near: 5, upright: 14, wrong: 60, opposed: 400 };
// By what an edge finds on a line, and at a point.
const LINE = [COST.step, COST.shared, COST.mixed, COST.step, COST.closed];
const CROSSING = [0, 0, 0, COST.crossing, COST.closed];
const PASSES = 2;
const FAR = 1 << 30;

const [RIGHT, DOWN, LEFT, UP] = [0, 1, 2, 3];
const reach = ({ kind }) => REACH[kind] ?? 14;

/** The ways of edges in a picture whose nodes and lanes are placed: `{edge, points}` each, from shape to shape. */
export function routes(picture, edges) {
  const lattice = new Lattice(picture, reach);
  const search = new Search(lattice);
  const ways = edges.map((edge) => ({ edge, from: picture.nodes.get(edge.from), to: picture.nodes.get(edge.to), users: lattice.users(edge), path: null }));
  const [starts, ends] = [new Set(edges.map(({ from }) => from)), new Set(edges.map(({ to }) => to))];
  for (const way of ways) Object.assign(way, { hasIn: ends.has(way.edge.from), hasOut: starts.has(way.edge.to) });
  const far = ({ from, to }) => Math.abs(from.x - to.x) + Math.abs(from.y - to.y);
  const order = [...ways].sort((one, other) => far(one) - far(other));
  for (let pass = 0; pass < PASSES; pass++) {
    for (const way of order) {
      // The others have their ways: there may be a better one now, if this one is not straight.
      if (way.path?.every((step, _, [first]) => step.way === first.way)) continue;
      if (pass > 0) lattice.take(order.filter((other) => other !== way));
      way.path = search.find(way);
      lattice.use(way);
    }
  }
  return ways.map(({ edge, from, to, path }) => ({ edge, points: path ? drawn(lattice, from, to, path) : [side(from, RIGHT, 0), side(to, LEFT, 3)] }));
}

// The point where an edge leaves a shape on one side, or comes to it.
function side({ node, x, y }, way, gap) {
  if (way === RIGHT) return { x: x + reach(node) + gap, y };
  if (way === LEFT) return { x: x - reach(node) - gap, y };
  return { x, y: y - 14 - gap };
}

// Where an edge may leave or come: above if no number stands there, on the right or on the left, one of which is the wrong side. There
// it would hinder edges that are right there, if any. Each is a point of the lattice outside of the shape, and the way on from there.
function exits(lattice, { node, x, y }, wrong, used) {
  const out = (Math.floor((reach(node) + 4) / STEP) + 1) * STEP;
  const cost = used ? COST.opposed : COST.wrong;
  const found = [
    { at: lattice.at(x + out, y), way: RIGHT, cost: wrong === RIGHT ? cost : 0 },
    { at: lattice.at(x - out, y), way: LEFT, cost: wrong === LEFT ? cost : 0 },
  ];
  if (node.kind !== "queue") found.push({ at: lattice.at(x, y - 3 * STEP), way: UP, cost: COST.upright });
  return found;
}

class Search {
  constructor(lattice) {
    this.lattice = lattice;
    this.distance = new Int32Array(lattice.size * 4);
    this.before = new Int32Array(lattice.size * 4);
    this.ends = new Int8Array(lattice.size);
    this.steps = [1, lattice.wide, -1, -lattice.wide];
  }

  /** The cheapest way (A*): `[{at, way}]`, the points of the lattice and how each is reached; null if there is none. */
  find({ from, to, users, hasIn, hasOut }) {
    const { lattice, distance, before, ends } = this;
    distance.fill(FAR);
    ends.fill(-1);
    const targets = exits(lattice, to, RIGHT, hasOut).map((end) => ({ ...end, way: (end.way + 2) % 4 }));
    for (const { at, way } of targets) ends[at] = way;
    const own = [lattice.lanes.get(from.node.lane), lattice.lanes.get(to.node.lane)];
    const middle = lattice.point(lattice.at(to.x, to.y));
    const { wide } = lattice;
    // Never more than what is really left.
    const left = (at) => COST.shared * (Math.max(0, Math.abs((at % wide) - middle.x) - 5) + Math.max(0, Math.abs(Math.floor(at / wide) - middle.y) - 5));
    // The states to look at, by what a way through them costs at least.
    const queue = [];
    const push = (state, cost, past) => {
      if (cost >= distance[state]) return;
      distance[state] = cost;
      before[state] = past;
      (queue[cost + left(state >> 2)] ??= []).push(state);
    };
    for (const { at, way, cost } of exits(lattice, from, LEFT, hasIn)) push(at * 4 + way, cost + CROSSING[lattice.crossing(at, way, users)], -1);
    let [best, end] = [FAR, -1];
    for (let sum = 0; sum < queue.length && sum < best; sum++) {
      for (const state of queue[sum] ?? []) {
        const at = state >> 2;
        const way = state & 3;
        const cost = distance[state];
        // It was reached more cheaply since.
        if (cost + left(at) < sum) continue;
        if (ends[at] === way) {
          const all = cost + targets.find((target) => target.at === at).cost;
          if (all < best) [best, end] = [all, state];
        }
        for (let next = 0; next < 4; next++) {
          if (next === (way ^ 2)) continue;
          const there = at + this.steps[next];
          if (lattice.blocked[there] && ends[there] !== next) continue;
          const line = lattice.line(Math.min(at, there), next, users);
          let more = LINE[line] + CROSSING[lattice.crossing(there, next, users)];
          if (line !== SHARED) {
            const lane = lattice.lane[there];
            more += COST.near * lattice.near[there] + (lane < 0 || own.includes(lane) ? 0 : COST.lane);
          }
          if (next !== way) more += COST.bend + (lattice.bends(at, users) ? 0 : COST.closed);
          push(there * 4 + next, cost + more, state);
        }
      }
    }
    if (end < 0) return null;
    const path = [];
    for (let state = end; state >= 0; state = before[state]) path.unshift({ at: state >> 2, way: state & 3 });
    return path;
  }
}

// From shape to shape, with a point wherever the way turns.
function drawn(lattice, from, to, path) {
  const [first, last] = [path[0], path.at(-1)];
  const points = [side(from, first.way, 0)];
  for (const [i, { at, way }] of path.entries()) if (path[i + 1] && path[i + 1].way !== way) points.push(lattice.place(at));
  return [...points, side(to, (last.way + 2) % 4, 3)];
}
