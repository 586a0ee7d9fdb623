// The patterns, and the places in the deployed system where each of them lives.

import { get } from "../lib/api.js";
import { choice, pauseButton, refused, sideBySide } from "../lib/controls.js";
import { html } from "../lib/dom.js";
import { LiveMap } from "../map/live.js";

export async function mount(root, { store, signal, argument }) {
  const { element, list, detail, side } = sideBySide("Patterns", "Choose one to see where it lives.");
  const map = new LiveMap(store, signal, (id) => id && (location.hash = `#/map/${encodeURIComponent(id)}`));
  const facts = html("div", { class: "pattern-facts" });
  detail.classList.add("with-map");
  detail.replaceChildren(facts, map.element);
  side.insertBefore(pauseButton(store, signal), list);
  root.append(element);
  map.draw();
  let patterns;
  try {
    patterns = await get("/api/patterns");
  } catch (refusal) {
    return detail.replaceChildren(refused(refusal));
  }
  if (signal.aborted) return;
  list.replaceChildren(...patterns.map(({ name, nodes }) => choice(`#/patterns/${encodeURIComponent(name)}`, name === argument, html("span", { class: "what" }, name), nodes.length ? null : html("span", { class: "quiet-text" }, "in code only"))));
  const chosen = patterns.find(({ name }) => name === argument);
  if (!chosen) return;
  if (chosen.nodes.length) map.light(new Set([...chosen.nodes, ...chosen.edges]));
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  facts.append(html("h2", {}, chosen.name), chosen.problem ? html("p", { class: "lead" }, chosen.problem) : "", html("dl", {}, fact("code", chosen.code), fact("test that shows it", chosen.test), fact("page", chosen.page)));
  store.say(`${chosen.name}: ${chosen.nodes.length} parts are lit up.`);
}

function fact(name, value) {
  if (!value) return null;
  const values = Array.isArray(value) ? value : [value];
  return html("div", {}, html("dt", {}, name), html("dd", {}, values.map((one) => html("code", {}, one))));
}
