// The lattice along which edges run: which of its points are taken by shapes, names and other edges.

export const STEP = 8;
// The lattice is so many points larger than the picture.
const RIM = 2;
const [ACROSS, DOWN, BEND] = [1, 2, 4];
export const [FREE, SHARED, MIXED, CROSSED, CLOSED] = [0, 1, 2, 3, 4];

export class Lattice {
  constructor({ w, h, nodes, lanes }, reach) {
    this.wide = Math.ceil(w / STEP) + 1 + 2 * RIM;
    this.high = Math.ceil(h / STEP) + 1 + 2 * RIM;
    this.size = this.wide * this.high;
    this.blocked = new Uint8Array(this.size);
    // Close to something: an edge had better not run here.
    this.near = new Uint8Array(this.size);
    this.lane = new Int16Array(this.size).fill(-1);
    this.lanes = new Map(lanes.map(({ id }, i) => [id, i]));
    this.numbers = new Map();
    for (let at = 0; at < this.size; at++) {
      const { x, y } = this.point(at);
      if (x === 0 || y === 0 || x === this.wide - 1 || y === this.high - 1) this.blocked[at] = 1;
    }
    for (const lane of lanes) {
      const { id, name, x, y } = lane;
      fill(this, "lane", x, y, x + lane.w, y + lane.h, this.lanes.get(id));
      fill(this, "blocked", x + 6, y + 2, x + 16 + name.length * 6.6, y + 20, 1);
    }
    for (const { node, x, y, room } of nodes.values()) {
      const [wide, half] = [reach(node), room.w / 2];
      fill(this, "near", x - wide - 9, y - 23, x + wide + 9, y + 16, 1);
      fill(this, "near", x - half - 7, y + 16, x + half + 7, y + room.bottom + 5, 1);
      // The number of messages stands there.
      if (node.kind === "queue") fill(this, "near", x - 22, y - 28, x + 22, y, 3);
      fill(this, "blocked", x - wide - 4, y - 17, x + wide + 4, y + 17, 1);
      fill(this, "blocked", x - half - 2, y + 16, x + half + 2, y + room.bottom + 1, 1);
    }
    this.take([]);
  }

  at(x, y) {
    return (Math.round(y / STEP) + RIM) * this.wide + Math.round(x / STEP) + RIM;
  }

  point(at) {
    return { x: at % this.wide, y: Math.floor(at / this.wide) };
  }

  place(at) {
    const { x, y } = this.point(at);
    return { x: (x - RIM) * STEP, y: (y - RIM) * STEP };
  }

  /** The numbers of an edge's two ends, and whether it is drawn dashed. */
  users({ from, to, filter }) {
    const number = (name) => {
      if (!this.numbers.has(name)) this.numbers.set(name, this.numbers.size + 1);
      return this.numbers.get(name);
    };
    return { from: number(from), to: number(to), dashed: filter ? 2 : 1 };
  }

  /** Forgets all ways, and remembers these. */
  take(ways) {
    // At each point, and on the line to the point on its right and below: the edges' two ends, 0 for none and -1 for several.
    const users = () => ({ from: new Int16Array(this.size), to: new Int16Array(this.size), dashed: new Uint8Array(this.size) });
    [this.points, this.across, this.down] = [users(), users(), users()];
    this.taken = new Uint8Array(this.size);
    for (const way of ways) this.use(way);
  }

  use({ users, path }) {
    for (const [i, { at, way }] of (path ?? []).entries()) {
      mark(this.points, at, users);
      this.taken[at] |= way % 2 ? DOWN : ACROSS;
      const next = path[i + 1];
      if (!next) continue;
      this.taken[at] |= (next.way % 2 ? DOWN : ACROSS) | (next.way === way ? 0 : BEND);
      mark(next.way % 2 ? this.down : this.across, Math.min(at, next.at), users);
    }
  }

  /** What an edge finds on a line: nobody, others that it may run with, all dashed or all not as it is, or none of these. */
  line(at, way, users) {
    const line = way % 2 ? this.down : this.across;
    if (line.from[at] === 0) return FREE;
    if (!common(line, at, users)) return CLOSED;
    return line.dashed[at] === users.dashed ? SHARED : MIXED;
  }

  /** What an edge finds at a point: nobody or its own kind, others that it crosses, or none of these. */
  crossing(at, way, users) {
    if (this.taken[at] === 0 || common(this.points, at, users)) return FREE;
    return this.taken[at] & (BEND | (way % 2 ? DOWN : ACROSS)) ? CLOSED : CROSSED;
  }

  /** May an edge turn at this point? */
  bends(at, users) {
    return this.taken[at] === 0 || common(this.points, at, users);
  }
}

function fill(lattice, part, left, top, right, bottom, value) {
  for (let y = Math.ceil(top / STEP); y * STEP <= bottom; y++) {
    for (let x = Math.ceil(left / STEP); x * STEP <= right; x++) {
      const at = lattice.at(x * STEP, y * STEP);
      lattice[part][at] = Math.max(lattice[part][at], value);
    }
  }
}

function mark({ from, to, dashed }, at, users) {
  dashed[at] |= users.dashed;
  from[at] = from[at] === 0 || from[at] === users.from ? users.from : -1;
  to[at] = to[at] === 0 || to[at] === users.to ? users.to : -1;
}

// Two edges between the same nodes would hide each other.
function common({ from, to }, at, users) {
  return (from[at] === users.from) !== (to[at] === users.to);
}
