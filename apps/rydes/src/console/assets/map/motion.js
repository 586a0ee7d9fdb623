// Messages that move along the edges. One clock drives all of them; marks that have arrived are used again.

import { svg } from "../lib/dom.js";
import { short } from "../lib/words.js";
import { diamond } from "./shapes.js";

const MOST = 240;
// The next step of a message starts where the last one arrives, but waits no longer than this.
const PATIENCE = 420;
// A step whose log line is new moves soon after it. One that comes late anyway, from AWS or a recording, may wait.
const SOON = 450;
const LATE = 1000;
const SAMPLES = 64;
// Each drawing costs far more than a frame without one, and the system that is watched needs the processor: about every second frame of
// an ordinary screen is left out. A frame that comes late does not move those after it, so there are 30 drawings a second all the same.
const BETWEEN = 1000 / 32;
const GLOWS = 700;

const MARKS = {
  ok: "M-4.500 0a4.500 4.500 0 1 0 9 0a4.500 4.500 0 1 0-9 0Z",
  duplicate: "M-4.500 0a4.500 4.500 0 1 0 9 0a4.500 4.500 0 1 0-9 0Z",
  filtered: "M-4.500 0a4.500 4.500 0 1 0 9 0a4.500 4.500 0 1 0-9 0Z",
  failed: "M0-5.500L5.500 4.500h-11Z",
  dead: diamond(6),
};

export class Motion {
  moving = [];
  spare = [];
  /** Correlation id and node → the time at which the message arrives there. */
  arrivals = new Map();
  /** The node that a message has just reached → its glow, and the time at which that began. */
  glows = new Map();
  frame = null;
  due = 0;

  constructor(picture, still) {
    this.picture = picture;
    this.still = still;
    this.halos = svg("g");
    picture.messages.append(this.halos);
  }

  /** Shows steps; those of one message one after the other. */
  show(steps) {
    const now = performance.now();
    for (const step of steps) this.start(step, now);
    if (this.arrivals.size > 2000) this.arrivals.clear();
    this.next();
  }

  start(step, now) {
    const track = this.still ? null : this.track(step);
    if (!track) return this.mark(step);
    const takes = Math.min(900, Math.max(380, track.length * 2.4));
    const key = `${step.correlation_id} ${step.from}`;
    const starts = Math.min(now + patience(step), Math.max(now, this.arrivals.get(key) ?? now));
    if (step.correlation_id) this.arrivals.set(`${step.correlation_id} ${step.to}`, starts + takes);
    const beside = this.moving.find((other) => other.step.edge === step.edge && other.step.outcome === step.outcome && Math.abs(other.starts - starts) < 90);
    if (this.moving.length >= MOST && !beside) return this.mark(step);
    if (beside && (this.moving.length > 60 || step.correlation_id === null)) return this.join(beside, step.count);
    this.moving.push({ step, track, starts, takes, mark: this.take(step), count: step.count });
  }

  track({ edge, from, outcome }) {
    const drawn = this.picture.edges.get(edge);
    if (drawn) return (drawn.track ??= sample(drawn.line));
    // A dead-letter queue is a badge on its node, so the way to it is short.
    const node = this.picture.nodes.get(from);
    return node && outcome === "dead" ? straight(node, { x: node.x + 21, y: node.y + 9 }) : null;
  }

  // Messages on the same edge at the same time are one mark with their number.
  join(message, count) {
    message.count += count;
    message.mark.lastElementChild.textContent = short(message.count);
  }

  take({ outcome, count }) {
    const mark = this.spare.pop() ?? svg("g", {}, svg("path"), svg("text", { y: -8 }));
    mark.setAttribute("class", `message ${outcome}`);
    mark.firstElementChild.setAttribute("d", MARKS[outcome] ?? MARKS.ok);
    mark.lastElementChild.textContent = count > 1 ? short(count) : "";
    mark.setAttribute("visibility", "hidden");
    this.picture.messages.append(mark);
    return mark;
  }

  next() {
    this.frame ??= requestAnimationFrame((time) => {
      this.frame = null;
      if (time >= this.due) this.tick(time);
      if (this.moving.length || this.glows.size) this.next();
    });
  }

  tick(time) {
    this.due = Math.max(this.due, time - BETWEEN) + BETWEEN;
    let kept = 0;
    for (const message of this.moving) {
      const part = (time - message.starts) / message.takes;
      if (part < 1) {
        if (part >= 0) place(message, part);
        this.moving[kept++] = message;
      } else {
        message.mark.remove();
        this.spare.push(message.mark);
        this.arrive(message.step);
      }
    }
    this.moving.length = kept;
    for (const [id, { began }] of this.glows) this.fade(id, (time - began) / GLOWS);
  }

  arrive({ to, outcome }) {
    const node = this.picture.nodes.get(to);
    if (!node || outcome === "filtered") return;
    const glow = this.glows.get(to)?.glow ?? svg("circle", { class: "glow", r: 25, cx: node.x, cy: node.y });
    this.glows.set(to, { glow, began: performance.now() });
    this.halos.append(glow);
    this.next();
  }

  fade(id, part) {
    const { glow } = this.glows.get(id);
    if (part < 1) return glow.setAttribute("opacity", ((1 - Math.max(0, part)) ** 2).toFixed(2));
    glow.remove();
    this.glows.delete(id);
  }

  // Without motion a step is a glow of its edge and of the node that it reaches.
  mark(step) {
    this.arrive(step);
    this.picture.edges.get(step.edge)?.line.animate([{ stroke: "var(--accent)" }, {}], 700);
  }

  stop() {
    cancelAnimationFrame(this.frame ?? 0);
    this.frame = null;
    for (const { mark } of this.moving) mark.remove();
    this.moving = [];
    for (const id of this.glows.keys()) this.fade(id, 1);
    this.arrivals.clear();
  }
}

function patience({ at }) {
  const age = Date.now() - Date.parse(at);
  return age > LATE ? PATIENCE : Math.min(PATIENCE, Math.max(0, SOON - age));
}

function sample(line) {
  const length = line.getTotalLength();
  const points = Array.from({ length: SAMPLES + 1 }, (_, i) => line.getPointAtLength((length * i) / SAMPLES));
  return { length, points };
}

function straight(a, b) {
  const points = Array.from({ length: SAMPLES + 1 }, (_, i) => ({ x: a.x + ((b.x - a.x) * i) / SAMPLES, y: a.y + ((b.y - a.y) * i) / SAMPLES }));
  return { length: 300, points };
}

// Slow at both ends. A message that a filter stops goes as far as the funnel, and fades there.
function place({ mark, track, step }, part) {
  const eased = part < 0.5 ? 2 * part * part : 1 - (2 - 2 * part) ** 2 / 2;
  const way = step.outcome === "filtered" ? Math.min(eased, 0.72) : eased;
  const at = way * SAMPLES;
  const [a, b] = [track.points[Math.floor(at)], track.points[Math.min(SAMPLES, Math.floor(at) + 1)]];
  const rest = at - Math.floor(at);
  mark.style.transform = `translate(${(a.x + (b.x - a.x) * rest).toFixed(1)}px, ${(a.y + (b.y - a.y) * rest).toFixed(1)}px)`;
  if (step.outcome === "filtered") mark.setAttribute("opacity", part > 0.7 ? ((1 - part) / 0.3).toFixed(2) : 1);
  else mark.removeAttribute("opacity");
  mark.removeAttribute("visibility");
}
