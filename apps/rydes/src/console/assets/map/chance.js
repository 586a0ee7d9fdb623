// What the searches for a good picture share: random numbers that are the same each time, and when a worse try is kept.

/** Mulberry32. */
export function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Simulated annealing: the first rounds keep a worse try often, the last ones hardly ever. `worse` is how much worse it is. */
export function keeps(worse, heat, part, random) {
  return worse <= 0 || random() < Math.exp(-worse / (heat * (1 - part) ** 3 + 1e-9));
}
