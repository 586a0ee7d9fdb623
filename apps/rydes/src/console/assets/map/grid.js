// Places the nodes of a lane in the cells of a grid. A search tries to let edges run to the right, short, without crossings.

import { generator, keeps } from "./chance.js";

const ROUNDS = 400;
const HEAT = 2;
const COST = { cell: 0.6, longer: 0.9, higher: 0.7, upright: 2.2, back: 5, over: 2.5, crossing: 1.6, side: 0.35 };

/**
 * Places nodes 0 to `count - 1` in this many rows.
 * @param edges `{a, b, weight}` each, between two nodes
 * @param into how many edges come to each node from elsewhere
 * @param out how many edges lead elsewhere
 * @returns `{col, row, cost}`: a column and a row for each node, and how bad the picture is
 */
export function onGrid({ count, edges, into, out }, rows) {
  const columns = Math.ceil(count / rows) + (rows > 1 ? 2 : 0);
  const random = generator(8);
  const [col, row] = [new Int16Array(count), new Int16Array(count)];
  const cells = new Int16Array(columns * rows).fill(-1);
  const put = (i, cell) => {
    cells[cell] = i;
    col[i] = Math.floor(cell / rows);
    row[i] = cell % rows;
  };
  for (let i = 0; i < count; i++) put(i, i);
  const touching = Array.from({ length: count }, (_, i) => edges.filter(({ a, b }) => a === i || b === i));
  const grid = { col, row, cells, rows };

  const lengths = () => {
    let last = 0;
    for (let i = 0; i < count; i++) last = Math.max(last, col[i]);
    let sum = last * rows * COST.cell;
    for (const edge of edges) sum += edge.weight * length(edge, grid);
    for (let i = 0; i < count; i++) sum += COST.side * (into[i] * col[i] + out[i] * (last - col[i]));
    return sum;
  };
  const crossings = (i, j) => {
    let found = 0;
    for (const edge of touching[i]) for (const other of edges) found += cross(edge, other, grid);
    if (j < 0) return found;
    // Pairs with an edge of both are counted already.
    for (const edge of touching[j]) {
      if (edge.a === i || edge.b === i) continue;
      for (const other of edges) if (other.a !== i && other.b !== i) found += cross(edge, other, grid);
    }
    return found;
  };

  let now = lengths();
  let crossed = edges.reduce((sum, edge, i) => sum + edges.slice(i + 1).reduce((more, other) => more + cross(edge, other, grid), 0), 0);
  let best = { cost: Infinity };
  const rounds = count > 2 ? ROUNDS * count : count;
  for (let round = 0; round < rounds; round++) {
    const i = Math.floor(random() * count);
    const from = col[i] * rows + row[i];
    const to = Math.floor(random() * cells.length);
    const j = cells[to];
    if (from === to) continue;
    const swap = (back) => {
      put(i, back ? from : to);
      if (j >= 0) put(j, back ? to : from);
      else cells[back ? to : from] = -1;
    };
    const before = crossings(i, j);
    swap(false);
    const then = lengths();
    const after = crossings(i, j);
    if (!keeps(then - now + COST.crossing * (after - before), HEAT, round / rounds, random)) {
      swap(true);
      continue;
    }
    [now, crossed] = [then, crossed + after - before];
    const cost = now + COST.crossing * crossed;
    if (cost < best.cost - 1e-6) best = { cost, col: col.slice(), row: row.slice() };
  }
  if (!best.col) best = { cost: now, col, row };
  const left = Math.min(...best.col);
  return { cost: best.cost, col: Array.from(best.col, (at) => at - left), row: Array.from(best.row) };
}

function length({ a, b }, { col, row, cells, rows }) {
  const dx = col[b] - col[a];
  const dy = Math.abs(row[b] - row[a]);
  let sum = dy * COST.higher;
  if (dx > 0) sum += (dx - 1) * COST.longer;
  else sum += dx === 0 ? COST.upright : COST.back - dx;
  if (dy === 0) {
    for (let at = Math.min(col[a], col[b]) + 1; at < Math.max(col[a], col[b]); at++) if (cells[at * rows + row[a]] >= 0) sum += COST.over;
  } else if (dx === 0) {
    for (let at = Math.min(row[a], row[b]) + 1; at < Math.max(row[a], row[b]); at++) if (cells[col[a] * rows + at] >= 0) sum += COST.over;
  }
  return sum;
}

function cross({ a, b }, { a: c, b: d }, { col, row }) {
  if (a === c || a === d || b === c || b === d) return 0;
  const across = col[b] - col[a];
  const down = row[b] - row[a];
  const x = col[c] - col[a];
  const y = row[c] - row[a];
  // Each line has the other's ends on its two sides.
  if ((across * y - down * x) * (across * (row[d] - row[a]) - down * (col[d] - col[a])) >= 0) return 0;
  const over = col[d] - col[c];
  const under = row[d] - row[c];
  return (under * x - over * y) * (over * (down - y) - under * (across - x)) < 0 ? 1 : 0;
}
