// A chart by uPlot, in the page's colours. Lines differ by their dashes, too.

import { keys, stroke } from "./controls.js";
import { html } from "./dom.js";

const DASHES = [[], [7, 4], [2, 3], [12, 4, 2, 4]];
const COLOURS = ["--accent", "--ink", "--ink-3", "--ink-2"];
const HEIGHT = 250;

let library = null;

// uPlot is a script without exports, and large: it is loaded with the first chart.
function load() {
  library ??= new Promise((resolve, reject) => {
    document.head.append(html("link", { rel: "stylesheet", href: "vendor/uplot.css" }), html("script", { src: "vendor/uplot.js", onload: () => resolve(window.uPlot), onerror: reject }));
  });
  return library;
}

/** Adds a chart of some series to a place: `set([times, ...values])` shows data, `destroy()` ends it. */
export function chart(place, title, names, signal) {
  const holder = html("div", { class: "chart" });
  const legend = keys(names.map((name, i) => [stroke({ stroke: `var(${COLOURS[i % 4]})`, "stroke-width": 2, "stroke-dasharray": DASHES[i % 4].join(" ") }), name]));
  const figure = html("figure", {}, html("figcaption", {}, title), legend, holder);
  place.append(figure);
  let [plot, waiting, gone] = [null, null, false];

  const build = async () => {
    const UPlot = await load();
    if (gone || signal.aborted) return;
    plot?.destroy();
    plot = new UPlot(options(names, holder.clientWidth), waiting ?? [[], ...names.map(() => [])], holder);
  };
  const again = () => build();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", again, { signal });
  window.addEventListener("resize", () => plot?.setSize({ width: holder.clientWidth, height: HEIGHT }), { signal });
  build();
  return {
    set(data) {
      waiting = data;
      plot?.setData(data);
    },
    destroy() {
      gone = true;
      plot?.destroy();
    },
  };
}

function options(names, width) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: colour("--ink-2"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px Inter, sans-serif" };
  const strokes = COLOURS.map(colour);
  return {
    width,
    height: HEIGHT,
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(5, most * 1.08)] } },
    axes: [{ ...axis, values: (_, ticks) => ticks.map((tick) => `${tick} s`) }, { ...axis, size: 52 }],
    series: [{ label: "time" }, ...names.map((label, i) => ({ label, stroke: strokes[i % 4], width: 1.8, dash: DASHES[i % 4], points: { show: false } }))],
    legend: { show: false },
    cursor: { show: false },
  };
}
