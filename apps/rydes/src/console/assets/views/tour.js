// The tour: ten steps through the system. Each does something for real, and waits until it has happened.

import { act } from "../lib/actions.js";
import { pauseButton, showActed } from "../lib/controls.js";
import { html } from "../lib/dom.js";
import { LiveMap } from "../map/live.js";
import { STEPS, findParts } from "./tour_steps.js";

const KEY = "rydes-tour-step";

export function mount(root, { store, signal }) {
  const map = new LiveMap(store, signal);
  const card = html("section", { class: "tour-card", "aria-label": "Step" });
  const dots = html("ol", { class: "tour-dots", "aria-label": "Steps" });
  root.append(html("div", { class: "tour" }, html("div", { class: "side" }, html("h1", {}, "Tour"), dots, card, pauseButton(store, signal)), map.element));
  map.draw();
  const parts = findParts(store);
  let at = Math.min(Number(sessionStorage.getItem(KEY) ?? 0), STEPS.length - 1);
  // The motion since this step began, and the answer of its action.
  let seen = begin();

  function begin() {
    return { steps: [], acted: null, done: false };
  }

  const go = (step) => {
    at = Math.min(Math.max(step, 0), STEPS.length - 1);
    sessionStorage.setItem(KEY, String(at));
    seen = begin();
    show();
    card.querySelector("h2").focus();
  };

  const outcome = html("p", { class: "tour-outcome" });
  const show = () => {
    const { title, text, look, action, code } = STEPS[at];
    dots.replaceChildren(...STEPS.map((step, i) => html("li", {}, html("button", { "aria-label": `Step ${i + 1}: ${step.title}`, "aria-current": i === at ? "step" : null, onclick: () => go(i) }, String(i + 1)))));
    outcome.replaceChildren();
    const may = store.topology.actions && !store.topology.replay;
    const run = async () => {
      const answer = await act(store, action.name, action.body?.(parts) ?? {}, action.done);
      if (answer !== null || action.name === "bring-up") seen.acted = answer ?? {};
      check();
    };
    card.replaceChildren(
      html("h2", { tabindex: -1 }, `${at + 1}. ${title}`),
      ...text.map((paragraph) => html("p", {}, paragraph)),
      action ? html("button", { class: "primary", disabled: !may, onclick: run }, action.label) : "",
      action && !may ? html("p", { class: "quiet-text" }, `${store.topology.replay ? "This is a recording" : "This console only watches"}, so the step can be read but not done.`) : "",
      outcome,
      html("p", { class: "tour-code" }, html("span", { class: "over" }, "in the code"), html("code", {}, code)),
      html("div", { class: "row" }, html("button", { onclick: () => go(at - 1), disabled: at === 0 }, "Back"), html("button", { class: "next", onclick: () => go(at + 1), disabled: at === STEPS.length - 1 }, "Next")),
    );
    map.light(look ? new Set(look(parts, store)) : null);
    check();
  };

  const check = () => {
    const { happened } = STEPS[at];
    if (seen.done || !happened) return;
    const text = happened(parts, store, seen);
    if (!text) return;
    seen.done = true;
    store.say(text);
    outcome.replaceChildren(html("span", { class: "tick", "aria-hidden": "true" }, "✓ "), text);
    const id = seen.acted?.correlation_id;
    if (id) outcome.append(" ", html("a", { href: `#/message/${encodeURIComponent(id)}` }, "Its waterfall"));
    card.querySelector(".next").classList.add("primary");
  };

  show();
  store.on("steps", (steps) => (seen.steps.push(...steps), check()), signal);
  store.on("depths", check, signal);
  store.on("off", check, signal);
  store.on("topology", show, signal);
  store.on("acted", (acted) => acted.refusal && showActed(outcome, acted), signal);
}
