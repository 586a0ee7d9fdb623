// Places the lanes, each a rectangle that a service fills, side by side in a window. A search with fixed random numbers tries orders and
// columns: the same deployment always gives the same picture.

const STEP = 34;
const GAP = 18;
const ROUNDS = 20000;
const SEARCHES = [8, 3];
// The first rounds accept a worse picture often, the last ones hardly ever.
const HEAT = 1600;

/**
 * Places rectangles without overlaps.
 * @param boxes `{id, w, h}` each
 * @param links `{from, to, fx, fy, tx, ty}` each: two boxes, and the offsets of the link's ends in them
 * @param window `{w, h}`, whose proportions are to be filled
 * @returns the place of each box: `Map(id → {x, y})`, and the picture's `w` and `h`
 */
export function placeLanes(boxes, links, window) {
  const index = new Map(boxes.map((box, i) => [box.id, i]));
  const ends = links.map((link) => ({ ...link, a: index.get(link.from), b: index.get(link.to) }));
  const found = SEARCHES.map((seed) => search(boxes, ends, window, generator(seed)));
  const { x, y, w, h } = found.reduce((best, next) => (next.cost < best.cost ? next : best)).placed;
  return { w, h, places: new Map(boxes.map((box, i) => [box.id, { x: x[i], y: y[i] }])) };
}

// Simulated annealing over the order in which boxes are dropped and the columns into which they are.
function search(boxes, ends, window, random) {
  let now = { order: boxes.map((_, i) => i), column: ranks(boxes, ends) };
  let placed = drop(boxes, now);
  let cost = price(boxes, ends, placed, window);
  let best = { placed, cost };
  for (let round = 0; round < ROUNDS; round++) {
    const next = change(now, random);
    const there = drop(boxes, next);
    const asked = price(boxes, ends, there, window);
    const heat = HEAT * (1 - round / ROUNDS) ** 3;
    if (asked < cost || random() < Math.exp((cost - asked) / (heat + 1e-9))) {
      [now, placed, cost] = [next, there, asked];
      if (cost < best.cost) best = { placed, cost };
    }
  }
  return best;
}

// Where a box comes behind the boxes that link to it, its first column does, too.
function ranks(boxes, ends) {
  const column = boxes.map(() => 0);
  for (let pass = 0; pass < boxes.length; pass++) {
    for (const { a, b } of ends) {
      const after = column[a] + Math.ceil((boxes[a].w + GAP) / STEP);
      if (column[b] < after && after < 36) column[b] = after;
    }
  }
  return column;
}

function change({ order, column }, random) {
  const next = { order: [...order], column: [...column] };
  const one = Math.floor(random() * order.length);
  const other = Math.floor(random() * order.length);
  const kind = random();
  if (kind < 0.3) {
    [next.order[one], next.order[other]] = [next.order[other], next.order[one]];
  } else if (kind < 0.55) {
    next.order.splice(other, 0, ...next.order.splice(one, 1));
  } else if (kind < 0.65) {
    [next.order[one], next.order[other]] = [next.order[other], next.order[one]];
    const [p, q] = [next.order[one], next.order[other]];
    [next.column[p], next.column[q]] = [next.column[q], next.column[p]];
  } else {
    next.column[one] = Math.max(0, next.column[one] + Math.round((random() - 0.5) * 12));
  }
  return next;
}

// Each box falls upwards in its column until it meets another.
function drop(boxes, { order, column }) {
  const x = [];
  const y = [];
  const least = Math.min(...column);
  let [w, h] = [0, 0];
  const done = [];
  for (const i of order) {
    x[i] = (column[i] - least) * STEP;
    y[i] = 0;
    for (let moved = true; moved; ) {
      moved = false;
      for (const j of done) {
        const apart = x[i] + boxes[i].w + GAP <= x[j] || x[j] + boxes[j].w + GAP <= x[i];
        if (!apart && y[i] < y[j] + boxes[j].h + GAP && y[j] < y[i] + boxes[i].h + GAP) {
          y[i] = y[j] + boxes[j].h + GAP;
          moved = true;
        }
      }
    }
    done.push(i);
    w = Math.max(w, x[i] + boxes[i].w);
    h = Math.max(h, y[i] + boxes[i].h);
  }
  return { x, y, w, h };
}

// A link costs its length, and more if it runs backwards.
function price(boxes, ends, { x, y, w, h }, window) {
  let sum = 20000 * Math.max(w / window.w, h / window.h);
  for (const { a, b, fx, fy, tx, ty } of ends) {
    const [x1, y1, x2, y2] = [x[a] + fx, y[a] + fy, x[b] + tx, y[b] + ty];
    const back = Math.max(0, x1 + 40 - x2);
    sum += Math.abs(x2 - x1) * 0.5 + Math.abs(y2 - y1) * 0.8 + back * 4 + (back ? 700 : 0);
  }
  return sum;
}

// Mulberry32: random numbers that are the same each time.
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
