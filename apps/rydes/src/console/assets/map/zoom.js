// Zooming and moving the picture, by its viewBox.

const MARGIN = 12;

export class Zoom {
  constructor({ element, size }, signal) {
    this.element = element;
    this.whole = { x: -MARGIN, y: -MARGIN, w: size.w + 2 * MARGIN, h: size.h + 2 * MARGIN };
    this.fit();
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false, signal });
    element.addEventListener("pointerdown", (event) => this.drag(event), { signal });
  }

  fit() {
    this.box = { ...this.whole };
    this.apply();
  }

  apply() {
    const { x, y, w, h } = this.box;
    this.element.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
    this.element.classList.toggle("zoomed", w < this.whole.w - 1);
  }

  /** Zooms around a point of the picture, its middle by default. */
  by(factor, point) {
    const { x, y, w, h } = this.box;
    const wide = Math.min(this.whole.w, Math.max(this.whole.w / 6, w / factor));
    const high = (wide / this.whole.w) * this.whole.h;
    const at = point ?? { x: x + w / 2, y: y + h / 2 };
    this.box = { x: at.x - ((at.x - x) / w) * wide, y: at.y - ((at.y - y) / h) * high, w: wide, h: high };
    this.keep();
  }

  keep() {
    const { whole, box } = this;
    box.x = Math.min(Math.max(box.x, whole.x), whole.x + whole.w - box.w);
    box.y = Math.min(Math.max(box.y, whole.y), whole.y + whole.h - box.h);
    this.apply();
  }

  /** Shows a part of the picture as large as it gets, but no larger than half as wide as the whole. */
  frame(points) {
    const { whole } = this;
    const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
    const [left, right, top, bottom] = [Math.min(...xs) - 90, Math.max(...xs) + 90, Math.min(...ys) - 70, Math.max(...ys) + 80];
    const part = Math.min(1, Math.max(0.5, (right - left) / whole.w, (bottom - top) / whole.h));
    const [w, h] = [whole.w * part, whole.h * part];
    this.box = { x: (left + right - w) / 2, y: (top + bottom - h) / 2, w, h };
    this.keep();
  }

  /** Moves the picture so that a point is seen. */
  reveal({ x, y }) {
    const { box } = this;
    const [ox, oy] = [box.w * 0.12, box.h * 0.12];
    box.x = Math.min(Math.max(box.x, x + ox - box.w), x - ox);
    box.y = Math.min(Math.max(box.y, y + oy - box.h), y - oy);
    this.keep();
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && this.box.w >= this.whole.w && event.deltaY > 0) return;
    event.preventDefault();
    this.by(Math.exp(-event.deltaY * 0.002), this.point(event));
  }

  point(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(this.element.getScreenCTM().inverse());
  }

  drag(event) {
    if (event.button !== 0 || event.target.closest("[data-node]")) return;
    const from = this.point(event);
    const { element } = this;
    const move = (next) => {
      const to = this.point(next);
      this.box.x -= to.x - from.x;
      this.box.y -= to.y - from.y;
      this.keep();
    };
    const end = () => {
      element.removeEventListener("pointermove", move);
      element.classList.remove("dragged");
    };
    element.setPointerCapture(event.pointerId);
    element.classList.add("dragged");
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", end, { once: true });
    element.addEventListener("pointercancel", end, { once: true });
  }
}
