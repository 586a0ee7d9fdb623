// The marks of a queue: a block for the messages that wait, their number and age, and the diamond of dead letters.

import { svg } from "../lib/dom.js";
import { short } from "../lib/words.js";
import { diamond } from "./shapes.js";

const BLOCKS = 6;

/** One block for the first message, and another each time that their number doubles. */
export function blocks(visible) {
  return visible <= 0 ? 0 : Math.min(BLOCKS, Math.floor(Math.log2(visible)) + 1);
}

/** The depth in a few characters: `≈128`. */
export function depthText(depth) {
  if (depth?.visible) return `≈${short(depth.visible)}`;
  return depth?.in_flight ? `${short(depth.in_flight)} in work` : "";
}

export function showDepth(group, marks, depth) {
  const text = depthText(depth);
  const label = marks.querySelector(".depth");
  if (label.textContent !== text) label.textContent = text;
  const waiting = group.querySelector(".waiting");
  const wanted = blocks(depth?.visible ?? 0);
  while (waiting.childElementCount > wanted) waiting.lastElementChild.remove();
  while (waiting.childElementCount < wanted) {
    // The head of a queue is on its right.
    const x = 9 - 6 * waiting.childElementCount;
    waiting.append(svg("rect", { x, y: -5.5, width: 4, height: 11, rx: 1.2 }));
  }
}

export function drawBadge() {
  const mark = svg("path", { d: diamond(5), class: "badge-shape" });
  return svg("g", { class: "badge", transform: "translate(22 10)" }, mark, svg("text", { class: "badge-text" }));
}

export function showBadge(marks, count) {
  const badge = marks.querySelector(".badge");
  if (!badge) return;
  badge.classList.toggle("urgent", count > 0);
  const text = count > 0 ? short(count) : "";
  const label = badge.lastElementChild;
  if (label.textContent === text) return;
  label.textContent = text;
  badge.firstElementChild.setAttribute("d", count > 0 ? diamond(12) : diamond(5));
}
