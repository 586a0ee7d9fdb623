// The ways of the edges that dagre does not lead, because they run between lanes or backwards: level and upright, around shapes and
// names. Each takes the cheapest of three simple forms.

const STEP = 8;
const COST = { shared: 160, crossed: 26, corner: 16 };
// How far from a shape an edge may turn.
const TURNS = [10, 18, 26, 34, 42, 52, 64];
const MARGIN = 3;
// Lines that are closer than this look like one.
const CLOSE = 4;

export class Ways {
  upright = new Strips("left", "right");
  level = new Strips("top", "bottom");

  /** `parts` are boxes, `{id, cost, left, right, top, bottom}` each, and the cost of meeting them; `h` is the picture's height. */
  constructor(parts, h) {
    for (const part of parts) this.add(part);
    this.levels = Array.from({ length: Math.ceil(h / STEP) + 3 }, (_, i) => (i - 1) * STEP);
  }

  /** Remembers the way of an edge: later ones keep off it. */
  take(edge, corners) {
    for (let i = 1; i < corners.length; i++) this.add({ edge, ...box(corners[i - 1], corners[i]) });
  }

  add(item) {
    this.upright.add(item);
    this.level.add(item);
  }

  /** The corners of an edge's way from one point to another. */
  lead(edge, start, end) {
    // Only the lines that touch the two nodes may meet their shapes.
    const cost = (a, b) => this.price(edge, box(a, b), a === start || b === end);
    const best = [straight(start, end, cost), turned(start, end, cost), this.around(start, end, cost)].reduce((one, other) => (other.cost < one.cost ? other : one));
    this.take(edge, best.corners);
    return best.corners;
  }

  // A line costs its length, and more where it meets parts and other lines.
  price({ from, to }, line, touches) {
    let sum = line.right - line.left + line.bottom - line.top;
    for (const item of line.level ? this.level.at(line.top) : this.upright.at(line.left)) {
      if (!item.edge) {
        const own = touches && (item.id === from || item.id === to);
        if (!own && meet(line, item, MARGIN)) sum += item.cost;
      } else if (item.edge.from !== from && item.edge.to !== to) {
        // Edges that begin or end at the same node may share a way.
        if (line.level !== item.level) sum += meet(line, item, 0) ? COST.crossed : 0;
        else if (meet(line, item, CLOSE)) sum += COST.shared;
      }
    }
    return sum;
  }

  // Out, up or down to a level, along it, and back to the height of the end.
  around(start, end, cost) {
    const far = (y) => Math.abs(start.y - y) + Math.abs(end.y - y);
    const outs = TURNS.map((turn) => ({ x: start.x + turn, y: start.y }));
    const intos = TURNS.map((turn) => ({ x: end.x - turn, y: end.y }));
    const leaving = outs.map((corner) => cost(start, corner) + 4 * COST.corner);
    const coming = intos.map((corner) => cost(corner, end));
    let best = { cost: Infinity };
    for (const y of this.levels.toSorted((one, other) => far(one) - far(other))) {
      if (far(y) >= best.cost) break;
      const up = outs.map((corner, i) => leaving[i] + cost(corner, { x: corner.x, y }));
      const down = intos.map((corner, i) => coming[i] + cost({ x: corner.x, y }, corner));
      for (const [i, out] of outs.entries()) {
        for (const [j, into] of intos.entries()) {
          if (up[i] + down[j] >= best.cost) continue;
          const [a, b] = [{ x: out.x, y }, { x: into.x, y }];
          const sum = up[i] + down[j] + cost(a, b);
          if (sum < best.cost) best = { cost: sum, corners: [start, out, a, b, into, end] };
        }
      }
    }
    return best;
  }
}

function straight(start, end, cost) {
  return start.y === end.y && start.x < end.x ? { cost: cost(start, end), corners: [start, end] } : { cost: Infinity };
}

function turned(start, end, cost) {
  let best = { cost: Infinity };
  for (let x = start.x + TURNS[0]; x <= end.x - TURNS[0]; x += STEP) {
    const [a, b] = [{ x, y: start.y }, { x, y: end.y }];
    const sum = cost(start, a) + cost(a, b) + cost(b, end) + 2 * COST.corner;
    if (sum < best.cost) best = { cost: sum, corners: [start, a, b, end] };
  }
  return best;
}

// The picture in strips, so that a line is held only against what stands in its own.
class Strips {
  strips = new Map();

  constructor(from, to) {
    Object.assign(this, { from, to });
  }

  add(item) {
    for (let strip = stripOf(item[this.from] - CLOSE); strip <= stripOf(item[this.to] + CLOSE); strip++) {
      if (!this.strips.has(strip)) this.strips.set(strip, []);
      this.strips.get(strip).push(item);
    }
  }

  at(place) {
    return this.strips.get(stripOf(place)) ?? [];
  }
}

const WIDE = 32;
const stripOf = (place) => Math.floor(place / WIDE);

function box(a, b) {
  // A slanting line is neither level nor upright.
  const level = a.y === b.y ? true : a.x === b.x ? false : null;
  return { level, left: Math.min(a.x, b.x), right: Math.max(a.x, b.x), top: Math.min(a.y, b.y), bottom: Math.max(a.y, b.y) };
}

function meet(a, b, margin) {
  return a.left - margin < b.right && b.left < a.right + margin && a.top - margin < b.bottom && b.top < a.bottom + margin;
}
