// The lines of a node's name, and the room that they take.

const FITS = 12;
const WIDEST = 17;
// The mean width of a character, in the picture's units.
const CHARACTER = 6.3;

export const LINE = 12.5;
/** The first line's base, below the middle of the node's shape. */
export const FIRST = 27;

/** A name in one line, or in two that are about as long as each other, broken between words. */
export function namesLines(name) {
  const words = name.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=-)/);
  const breaks = name.length <= FITS ? [] : words.slice(1).map((_, i) => [words.slice(0, i + 1).join(""), words.slice(i + 1).join("")]);
  return breaks.reduce((best, next) => (longest(next) < longest(best) ? next : best), [name]);
}

const longest = (lines) => Math.max(...lines.map((line) => line.length));

/** The length to which a line is squeezed, if it is too long. */
export function squeezed(line) {
  return line.length > WIDEST ? WIDEST * CHARACTER : null;
}

/** About how wide a text is. */
export function width(text) {
  return text.length * CHARACTER;
}

/** The room that a name takes below its shape. */
export function room(name) {
  const lines = namesLines(name);
  return { w: Math.min(WIDEST, longest(lines)) * CHARACTER, bottom: FIRST + 4 + LINE * (lines.length - 1) };
}

/** A function's name without the stage's prefix. */
export function shortName(name, stage) {
  const prefix = `wild-rydes-${stage}-`;
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
