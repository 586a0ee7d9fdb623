// A peak that queues absorb: depths over time, and what was accepted and decided.

import { act } from "../lib/actions.js";
import { get } from "../lib/api.js";
import { chart } from "../lib/chart.js";
import { loading, nothing, poll, refused } from "../lib/controls.js";
import { html } from "../lib/dom.js";
import { some } from "../lib/words.js";

const MOST = 2000;
let typed = 200;

export function mount(root, { store, signal }) {
  const place = html("div", { class: "charts" }, loading());
  const summary = html("p", { class: "lead" });
  const head = html("div", { class: "page-head" }, html("h1", {}, "Campaign"), html("p", { class: "lead" }, "Many prebookings come at once. They are accepted as fast as they come, wait in queues, and are decided at the pace that the services can hold."));
  root.append(html("div", { class: "page" }, head, store.topology.actions && !store.topology.replay ? form(store) : "", summary, place));

  let charts = null;
  const draw = (data) => {
    const [accepted, decided] = [data.accepted.at(-1)?.[1] ?? 0, data.decided.at(-1)?.[1] ?? 0];
    const progress = data.asked ? `${data.sent.toLocaleString("en")} of ${some(data.asked, "prebooking")} sent. ` : "";
    const text = `${progress}${some(accepted, "prebooking")} accepted, ${decided.toLocaleString("en")} decided, ${(accepted - decided).toLocaleString("en")} still to decide.`;
    if (summary.textContent !== text) summary.textContent = text;
    const times = [...new Set(Object.values(data.series).concat([data.accepted, data.decided]).flat().map(([t]) => t))].sort((a, b) => a - b);
    // A campaign that begins anew has no points yet.
    if (times.length < 2) return charts ? null : place.replaceChildren(nothing("Nothing counted yet", "The curves begin when the console starts to count."));
    const names = Object.keys(data.series);
    const axis = times.map((time) => time - times[0]);
    const depths = [axis, ...names.map((id) => align(data.series[id], times))];
    const totals = [axis, align(data.accepted, times), align(data.decided, times)];
    if (charts?.names.join() !== names.join()) {
      charts?.both.forEach((one) => one.destroy());
      place.replaceChildren();
      charts = { names, both: [chart(place, "Messages waiting (approximate)", names.map((id) => store.name(id)), signal), chart(place, "Prebookings", ["accepted", "decided"], signal)] };
    }
    charts.both[0].set(depths);
    charts.both[1].set(totals);
  };
  poll(signal, 1000, () => get("/api/campaign"), draw, (refusal) => place.replaceChildren(refused(refusal)));
}

/** The latest value at each time, null before the first. */
export function align(points, times) {
  let [next, value] = [0, null];
  return times.map((time) => {
    while (next < points.length && points[next][0] <= time) value = points[next++][1];
    return value;
  });
}

function form(store) {
  const count = html("input", { type: "number", name: "count", min: 1, max: MOST, value: typed, required: true, oninput: () => (typed = count.value) });
  const start = async (event) => {
    event.preventDefault();
    const number = count.valueAsNumber;
    await act(store, "campaign", { count: number }, `${some(number, "prebooking")} on their way.`);
  };
  return html("form", { class: "row", onsubmit: start }, html("label", {}, "Prebookings ", count), html("button", { class: "primary" }, "Start a campaign"), html("span", { class: "quiet-text" }, `at most ${MOST.toLocaleString("en")}`));
}
