// The tour: ten steps through the system. Each does something for real, and waits until it has happened.

import { pauseButton, showActed } from "../lib/controls.js";
import { html, refill } from "../lib/dom.js";
import { LiveMap } from "../map/live.js";
import { progress } from "./tour_progress.js";
import { AFTER, STEPS } from "./tour_steps.js";

// After these milliseconds a step can be tried again, and the page names the likely reason.
const LATE = 10_000;
const SIGNS = { false: ["✓", "done"], true: ["✗", "failed"] };

export function mount(root, { store, signal }) {
  const map = new LiveMap(store, signal);
  const tour = progress(store);
  const card = html("section", { class: "tour-card", "aria-label": "Step" });
  const dots = STEPS.map((_, i) => html("button", { onclick: () => go(i) }));
  const list = html("ol", { class: "tour-dots", "aria-label": "Steps" }, dots.map((dot) => html("li", {}, dot)));
  root.append(html("div", { class: "tour" }, html("div", { class: "side" }, html("h1", {}, "Tour"), list, card, pauseButton(store, signal)), map.element));
  map.draw();

  const go = (at) => {
    tour.save({ at });
    show();
    card.querySelector("h2").focus();
  };

  let button, next;
  const outcome = html("p", { class: "tour-outcome" });
  const show = () => {
    const { at, parts } = tour;
    const { title, text, list, look, action, code } = STEPS[at] ?? AFTER;
    const may = store.topology.actions && !store.topology.replay;
    button = action && html("button", { class: "primary", disabled: !may, onclick: () => isBusy() || tour.run(at) }, action.label);
    next = code && html("button", { onclick: () => go(at + 1) }, STEPS[at + 1] ? "Next" : "Finish");
    outcome.replaceChildren();
    card.replaceChildren(
      html("h2", { tabindex: -1 }, code ? `${at + 1}. ${title}` : title),
      html("p", {}, text?.call ? text(parts) : text),
      list ? html("ol", { class: "tour-list" }, list().map((entry) => html("li", {}, entry))) : "",
      button ?? "",
      action && !may ? html("p", { class: "quiet-text" }, `${store.topology.replay ? "This is a recording" : "This console only watches"}, so the step can be read but not done.`) : "",
      outcome,
      code ? html("p", { class: "tour-code" }, html("span", { class: "over" }, "in the code"), html("code", {}, code)) : "",
      html("div", { class: "row" }, html("button", { onclick: () => go(at - 1), disabled: at === 0 }, "Back"), next),
    );
    map.light(look ? new Set(look(parts)) : null);
    report();
  };

  const isBusy = () => {
    const run = tour.runs[tour.at];
    return Boolean(run && (!run.acted || Date.now() - run.since < LATE));
  };

  const report = () => {
    const { at, parts, runs, results } = tour;
    if (STEPS[at]) tour.check(at);
    dots.forEach((dot, i) => {
      const [sign = i + 1, word = "to do"] = SIGNS[results[i]?.wrong] ?? [];
      dot.textContent = sign;
      dot.setAttribute("aria-label", `Step ${i + 1}: ${STEPS[i].title}, ${word}`);
      dot.setAttribute("aria-current", i === at ? "step" : "false");
    });
    if (!STEPS[at]) return;
    const { action, hint, live } = STEPS[at];
    const [result, run] = [results[at], runs[at]];
    // A disabled button would lose the focus.
    for (const name of ["aria-busy", "aria-disabled"]) button?.setAttribute(name, isBusy());
    next.classList.toggle("primary", result?.wrong === false);
    outcome.classList.toggle("wrong", Boolean(result?.wrong));
    if (result) {
      const [sign, word] = SIGNS[result.wrong];
      const follow = result.id && html("a", { href: `#/message/${encodeURIComponent(result.id)}` }, "Its waterfall");
      refill(outcome, [html("span", { class: "tick", "aria-label": word, role: "img" }, sign), ` ${live?.(parts, store) || result.text} `, follow ?? ""]);
    } else if (run) {
      const passed = Date.now() - run.since;
      const why = (passed > LATE && hint?.(parts, store)) || "";
      if (why && !run.why) store.say(why);
      run.why = why;
      refill(outcome, [`Waiting for ${action.wait}… `, html("span", { class: "number", "aria-hidden": "true" }, `${Math.floor(passed / 1000)} s`), why && `. ${why}`]);
    } else if (!action) refill(outcome, [hint(parts, store)]);
  };

  show();
  const clock = setInterval(() => tour.runs[tour.at] && report(), 1000);
  signal.addEventListener("abort", () => clearInterval(clock));
  for (const name of ["tour", "depths", "off"]) store.on(name, report, signal);
  store.on("topology", show, signal);
  store.on("acted", (acted) => acted.refusal && showActed(outcome, acted), signal);
}
