// The picture with its motion, its keyboard and its zoom: what the map, the patterns and the tour show.

import { html } from "../lib/dom.js";
import { Motion } from "./motion.js";
import { Picture } from "./picture.js";
import { walk } from "./walk.js";
import { Zoom } from "./zoom.js";

const NARROWEST = 840;
const LOWEST = 480;
// Sizes of texts: in the picture's units, the largest of these, and in pixels.
const TEXT = 12.5;
const LARGEST = 14.7;
const READABLE = 11.05;
// The height of what stands above and below the map.
const FRAME = 104;

export class LiveMap {
  lit = null;
  marked = null;

  /** `choose(id)` is called for the node that is clicked or entered, with null when it is left. */
  constructor(store, signal, choose = () => {}) {
    Object.assign(this, { store, signal, choose });
    this.element = html("div", { class: "stage-area" });
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    store.on("topology", () => this.draw(), signal);
    store.on("depths", () => this.picture?.refresh(), signal);
    store.on("off", () => this.picture?.refresh(), signal);
    store.on("steps", (steps) => this.show(steps), signal);
    store.on("paused", () => store.paused && this.motion?.stop(), signal);
    this.still.addEventListener("change", () => this.draw(), { signal });
    signal.addEventListener("abort", () => this.motion?.stop());
    this.watchSize(signal);
  }

  /** Draws the picture anew, for the room that there is. The element has to be in the document. */
  draw() {
    if (!this.element.isConnected) return;
    this.motion?.stop();
    // A list or a step beside the map stays there, so the map is laid out for the rest of the window; the panel about a part may go.
    const { innerWidth, innerHeight } = window;
    const beside = this.element.closest("main").querySelector(".side")?.offsetWidth ?? 0;
    this.picture = new Picture(this.store, { w: Math.max(innerWidth - beside, NARROWEST), h: Math.max(innerHeight - FRAME, LOWEST) });
    this.motion = new Motion(this.picture, this.still.matches);
    this.zoom = new Zoom(this.picture, this.signal);
    this.keyboard = walk(this.picture, { choose: this.choose, leave: () => this.choose(null) });
    this.picture.element.addEventListener("click", (event) => {
      const node = event.target.closest("[data-node]");
      if (node) this.choose(node.dataset.node);
    });
    const { picture } = this;
    for (const name of ["pointerover", "focusin"]) picture.element.addEventListener(name, ({ target }) => picture.touch(target.closest("[data-node]")?.dataset.node ?? this.marked));
    for (const name of ["pointerleave", "focusout"]) picture.element.addEventListener(name, () => picture.touch(this.marked));
    this.element.replaceChildren(this.picture.element);
    this.picture.attached();
    this.enlarge();
    if (this.lit) this.light(this.lit);
    performance.mark("picture");
  }

  // Names are never drawn smaller than can be read, unless they would meet each other.
  enlarge() {
    const { a } = this.picture.element.getScreenCTM();
    const size = Math.min(LARGEST, Math.max(TEXT, READABLE / a));
    this.picture.element.style.setProperty("--text", `${size.toFixed(2)}px`);
  }

  show(steps) {
    if (!this.store.paused && this.element.isConnected) this.motion?.show(steps);
  }

  /** Lights up some nodes and edges, and shows their part of the picture. */
  light(ids) {
    this.lit = ids;
    if (!this.picture) return;
    const all = ids && this.picture.withEnds(ids);
    this.picture.light(all);
    const points = [...this.picture.nodes].filter(([id]) => all?.has(id)).map(([, place]) => place);
    if (points.length) this.zoom.frame(points);
    else this.zoom.fit();
  }

  /** Marks a node as chosen, and brings it into view. */
  mark(id) {
    this.marked = id;
    this.picture.touch(id);
    for (const { group } of this.picture.nodes.values()) group.classList.toggle("chosen", group.dataset.node === id);
    const place = this.picture.nodes.get(id);
    if (place) this.zoom.reveal(place);
  }

  focus(id) {
    if (this.picture.nodes.has(id)) this.keyboard.focus(id);
  }

  // A panel that opens beside the picture only makes it smaller; another window may give another picture.
  watchSize(signal) {
    let waiting = null;
    const redraw = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.draw(), 250);
    };
    window.addEventListener("resize", redraw, { signal });
    signal.addEventListener("abort", () => clearTimeout(waiting));
  }
}
