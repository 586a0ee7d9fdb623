// Places the lanes, each a rectangle that a service fills, side by side in a window. A search with fixed random numbers tries orders and
// columns: the same deployment always gives the same picture.

const STEP = 34;
const GAP = 18;
const ROUNDS = 20000;
// Of 24 seeds, the one with good pictures in five sizes of windows.
const SEED = 21;
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
  const ends = links.map(({ from, to, fx, fy, tx, ty }) => ({ fx, fy, tx, ty, a: index.get(from), b: index.get(to) }));
  const sizes = boxes.map(({ w, h }) => ({ w, h }));
  const { at, w, h } = drop(sizes, search(sizes, ends, window, generator(SEED)));
  return { w, h, places: new Map(boxes.map(({ id }, i) => [id, at[i]])) };
}

// Simulated annealing over the order in which boxes are dropped and the columns into which they are.
function search(boxes, ends, window, random) {
  let now = { order: boxes.map((_, i) => i), column: ranks(boxes, ends) };
  const at = boxes.map(() => ({ x: 0, y: 0 }));
  const asks = (order) => price(ends, drop(boxes, order, at), window);
  now.cost = asks(now);
  let best = now;
  for (let round = 0; round < ROUNDS; round++) {
    const next = change(now, random);
    next.cost = asks(next);
    const heat = HEAT * (1 - round / ROUNDS) ** 3;
    if (next.cost < now.cost || random() < Math.exp((now.cost - next.cost) / (heat + 1e-9))) now = next;
    if (now.cost < best.cost) best = now;
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

// Each box comes below those that were dropped before and share a part of its columns. The places are written into `at`, because a new
// array for each round would take most of the time.
function drop(boxes, { order, column }, at = boxes.map(() => ({ x: 0, y: 0 }))) {
  const least = Math.min(...column);
  let [w, h] = [0, 0];
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    const box = boxes[i];
    const x = (column[i] - least) * STEP;
    let y = 0;
    for (let l = 0; l < k; l++) {
      const j = order[l];
      const { x: left, y: top } = at[j];
      const { w: wide, h: high } = boxes[j];
      if (x < left + wide + GAP && left < x + box.w + GAP) y = Math.max(y, top + high + GAP);
    }
    at[i].x = x;
    at[i].y = y;
    w = Math.max(w, x + box.w);
    h = Math.max(h, y + box.h);
  }
  return { at, w, h };
}

// A link costs its length, and more if it runs backwards.
function price(ends, { at, w, h }, window) {
  let sum = 20000 * Math.max(w / window.w, h / window.h);
  for (const { a, b, fx, fy, tx, ty } of ends) {
    const x = at[b].x + tx - at[a].x - fx;
    const y = at[b].y + ty - at[a].y - fy;
    sum += Math.abs(x) * 0.5 + Math.abs(y) * 0.8;
    if (x < 40) sum += (40 - x) * 4 + 700;
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
