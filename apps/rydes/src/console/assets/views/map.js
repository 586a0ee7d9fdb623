// The map: every part of the deployed system, and messages moving along its edges.

import { html } from "../lib/dom.js";
import { KINDS, stepText } from "../lib/words.js";
import { Inspector } from "../map/inspector.js";
import { LiveMap } from "../map/live.js";
import { icon, signs } from "../map/shapes.js";
import { fillTable, table } from "../map/table.js";
import { pauseButton, showActed } from "../lib/controls.js";

const LEGEND = ["api", "function", "topic", "queue", "table", "state_machine"];

export function mount(root, { store, signal, argument }) {
  const choose = (id, focus) => {
    const last = inspector.id;
    inspector.show(id);
    map.mark(id);
    if (focus && id) map.focus(id);
    if (id === null && last) map.focus(last);
  };
  const inspector = new Inspector(store, { go: (id) => choose(id, true), close: () => choose(null) });
  const map = new LiveMap(store, signal, choose);
  const area = html("div", { class: "map-area" }, map.element, inspector.element);
  const ticker = html("p", { class: "ticker" });

  let asTable = null;
  const zooms = html(
    "div",
    { class: "zooms", role: "group", "aria-label": "Zoom" },
    html("button", { class: "quiet", "aria-label": "Zoom out", onclick: () => map.zoom.by(1 / 1.4) }, "−"),
    html("button", { class: "quiet", onclick: () => map.zoom.fit() }, "Fit"),
    html("button", { class: "quiet", "aria-label": "Zoom in", onclick: () => map.zoom.by(1.4) }, "+"),
  );
  const swap = html("button", { class: "quiet", onclick: () => showTable(asTable === null) }, "Show as a table");
  const showTable = (wanted) => {
    asTable = wanted ? table(store) : null;
    zooms.hidden = wanted;
    swap.textContent = wanted ? "Show as a picture" : "Show as a table";
    if (wanted) inspector.show(null);
    area.replaceChildren(...(wanted ? [asTable.element] : [map.element, inspector.element]));
    if (!wanted) map.draw();
  };

  const legend = html("ul", { class: "legend", "aria-label": "Legend" }, LEGEND.map((kind) => html("li", {}, icon(kind), KINDS[kind])), signs());
  const buttons = html("div", { class: "row" }, swap, zooms, pauseButton(store, signal));
  const hint = html("p", { class: "new-here quiet-text", hidden: "rydes-tour" in sessionStorage }, "New here? ", html("a", { href: "#/tour" }, "Take the tour"));
  root.append(html("h1", { class: "spoken" }, "Map"), hint, area, html("div", { class: "foot" }, legend, ticker, buttons));
  map.draw();
  if (argument && store.nodes.has(argument)) choose(argument);

  const refresh = () => {
    if (asTable) fillTable(asTable.body, store);
    inspector.refresh();
  };
  store.on("topology", refresh, signal);
  store.on("depths", refresh, signal);
  store.on("off", refresh, signal);

  let unseen = 0;
  store.on(
    "steps",
    (steps) => {
      inspector.refresh();
      unseen = store.paused ? unseen + steps.length : 0;
      ticker.textContent = store.paused ? `Paused. ${unseen} steps were not shown.` : stepText(store, steps.at(-1));
    },
    signal,
  );
  store.on("paused", () => (ticker.textContent = store.paused ? "Paused." : ""), signal);
  store.on("acted", (acted) => showActed(ticker, acted), signal);
}
