// Controls and texts that several views have.

import { html, svg } from "./dom.js";

/** Stops and starts all motion (WCAG 2.2.2). */
export function pauseButton(store, signal) {
  const button = html("button", { class: "quiet", onclick: () => store.setPaused(!store.paused) });
  const show = () => {
    button.setAttribute("aria-pressed", String(store.paused));
    button.textContent = store.paused ? "Resume" : "Pause";
  };
  store.on("paused", show, signal);
  show();
  return button;
}

/** Says what an action has done, with a link to its message. */
export function showActed(place, { done, refusal, answer }) {
  if (refusal) return place.replaceChildren(html("strong", { class: "urgent-text" }, refusal.message), ` ${refusal.remedy}`);
  const id = answer?.correlation_id;
  place.replaceChildren(done, id ? html("a", { class: "follow", href: `#/message/${encodeURIComponent(id)}` }, "Follow it") : "");
}

/** The text for something that the server refused or does not have. */
export function refused({ status, message, remedy }) {
  const title = status === 404 ? "This console does not have that." : message;
  const rest = status === 404 ? message : remedy;
  return html("div", { class: "empty", role: "alert" }, html("h2", {}, title), html("p", {}, rest));
}

/** An empty place, and what to do to fill it. */
export function nothing(title, text) {
  return html("div", { class: "empty" }, html("h2", {}, title), html("p", {}, text));
}

/** Stands in a place until the first answer fills it. */
export function loading() {
  return html("p", { class: "quiet-text loading" }, "Loading…");
}

/**
 * Asks again and again while the view is open and the page is seen. `show` gets each answer that is another than the last one,
 * `refuse` a refusal.
 */
export function poll(signal, milliseconds, ask, show, refuse) {
  let [waiting, last] = [null, null];
  const round = async () => {
    if (!document.hidden) {
      try {
        const answer = await ask();
        const text = JSON.stringify(answer);
        if (!signal.aborted && text !== last) show(answer);
        last = text;
      } catch (refusal) {
        if (!signal.aborted) refuse(refusal);
        last = null;
      }
    }
    if (!signal.aborted) waiting = setTimeout(round, milliseconds);
  };
  signal.addEventListener("abort", () => clearTimeout(waiting));
  round();
}

/** A list of things on the left, of which one is open on the right: `{element, list, detail}`. */
export function sideBySide(title, lead) {
  const list = html("ul", { class: "choices" }, html("li", {}, loading()));
  const detail = html("section", { class: "detail", "aria-label": "Details" }, loading());
  const side = html("div", { class: "side" }, html("h1", {}, title), html("p", { class: "lead" }, lead), list);
  return { element: html("div", { class: "halves" }, side, detail), list, detail, side };
}

/** An entry of such a list. */
export function choice(href, chosen, ...content) {
  return html("li", {}, html("a", { href, "aria-current": chosen ? "true" : null }, ...content));
}

/** A legend: what each shape, dash and colour means. `[shape, text]` each; a shape is in a box of 22 by 10. */
export function keys(entries) {
  return html("ul", { class: "keys", "aria-label": "Legend" }, entries.map(([shape, text]) => html("li", {}, svg("svg", { width: 22, height: 10, "aria-hidden": "true" }, shape), text)));
}

/** A bar of a legend. */
export function bar(name) {
  return svg("rect", { class: name, x: 1, y: 1, width: 20, height: 8, rx: 3 });
}

/** A line of a legend. */
export function stroke(attributes) {
  return svg("path", { d: "M0 5h22", ...attributes });
}
