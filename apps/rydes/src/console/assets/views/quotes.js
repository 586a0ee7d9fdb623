// The race of the herds: who answered a request for quotes when, and for how much.

import { get } from "../lib/api.js";
import { bar, choice, keys, nothing, poll, refused, sideBySide, stroke } from "../lib/controls.js";
import { html, refill, svg } from "../lib/dom.js";
import { clock, duration, shortId, some } from "../lib/words.js";

export function mount(root, { signal, argument }) {
  const lead = "Every herd is asked at the same time. The request closes with the last answer, or at its deadline, which is a message, too.";
  const { element, list, detail } = sideBySide("Quotes", lead);
  root.append(element);
  let latest = null;

  const showList = (requests) => {
    if (!requests.length) {
      list.replaceChildren(html("li", { class: "quiet-text" }, "None yet."));
      return detail.replaceChildren(nothing("No request for quotes yet", "Request quotes, and see the herds race."));
    }
    const chosen = argument ?? requests[0].id;
    refill(list, requests.map((request) => entry(request, chosen)));
    if (!argument && latest !== chosen) follow((latest = chosen));
  };
  poll(signal, 1500, () => get("/api/quotes?limit=10"), showList, (refusal) => list.replaceChildren(html("li", {}, refused(refusal))));

  let leaving = null;
  const follow = (id) => {
    leaving?.abort();
    leaving = new AbortController();
    const until = AbortSignal.any([signal, leaving.signal]);
    const ask = async () => ({ quotes: await get(`/api/quotes/${encodeURIComponent(id)}`), now: Date.now() });
    // An open race runs on, although no herd has answered.
    const show = ({ quotes }) => detail.replaceChildren(...race(quotes));
    poll(until, 700, ask, show, (refusal) => refusal.status !== 404 && detail.replaceChildren(refused(refusal)));
  };
  if (argument) follow(argument);
}

function entry({ id, requested_at, closed_at, herds = [] }, chosen) {
  const answered = herds.filter((herd) => herd.answered_at).length;
  const took = closed_at ? `closed after ${duration(Date.parse(closed_at) - Date.parse(requested_at))}` : "open";
  return choice(
    `#/quotes/${encodeURIComponent(id)}`,
    id === chosen,
    html("span", { class: "what" }, `${answered} of ${some(herds.length, "herd")}`, html("span", { class: "quiet-text" }, ` ${took}`)),
    html("span", { class: "quiet-text" }, `${clock(requested_at)} · ${shortId(id)}`),
  );
}

function race({ requested_at, deadline, closed_at, herds }) {
  const [start, end] = [Date.parse(requested_at), Date.parse(deadline)];
  // A late answer makes the track longer. If all have answered early, the deadline is far to its right.
  const last = Math.max(...herds.map((herd) => (herd.answered_at ? Date.parse(herd.answered_at) : 0)));
  const early = closed_at && herds.every((herd) => herd.answered_at && !herd.late);
  const span = Math.max(1, ((early ? last : Math.max(end, last)) - start) * (early ? 1.2 : 1.04));
  const scale = (time) => Math.max(0, ((time - start) / span) * 100);
  const best = herds.find((herd) => herd.best);
  const title = closed_at ? (best ? `${best.name} has the best price: ${best.price}` : "No herd is available") : "The herds are asked";
  return [
    html("h2", {}, title),
    html("p", { class: "quiet-text" }, closed_at ? `Closed ${duration(Date.parse(closed_at) - start)} after the request. ${duration(end - start)} were allowed.` : `${duration(Math.max(0, end - Date.now()))} to the deadline at ${clock(deadline)}, or until all have answered.`),
    legend(herds, { early, closed_at }),
    html("ol", { class: "race" }, herds.map((herd) => lane(herd, { scale, end, start, closed_at }))),
    axis({ span, deadline: end - start }),
    early ? html("p", { class: "quiet-text" }, `All answered early: the deadline, ${duration(end - start)} after the request, is far to the right.`) : "",
  ];
}

function legend(herds, { early, closed_at }) {
  const isLate = ({ late, answered_at }) => late || !answered_at;
  return keys([
    [bar("bar-of best"), "the best price"],
    [bar("bar-of"), "an answer in time"],
    ...(herds.some(isLate) ? [[bar("bar-of late"), "late, or no answer"]] : []),
    ...(early ? [] : [[stroke({ class: "deadline" }), "the deadline"]]),
    ...(closed_at ? [[stroke({ class: "closed" }), "closed"]] : []),
  ]);
}

const TICKS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000];

// The seconds since the request, to the deadline if it is in the picture.
function axis({ span, deadline }) {
  const step = TICKS.find((tick) => span / tick <= 7) ?? 60_000;
  const digits = step < 100 ? 2 : step < 1000 ? 1 : 0;
  const marks = Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => i * step);
  const all = deadline <= span ? [...marks.filter((mark) => Math.abs(mark - deadline) > span / 9), deadline] : marks;
  const text = (mark) => (mark === 0 ? "0" : `${(mark / 1000).toFixed(mark === deadline && deadline % 1000 ? 1 : digits)} s`);
  const drawn = all.map((mark) => {
    const x = `${(mark / span) * 100}%`;
    return [svg("line", { class: "tick", x1: x, x2: x, y1: 0, y2: 5 }), svg("text", { x, y: 18 }, mark === deadline ? `deadline, ${text(mark)}` : text(mark))];
  });
  return html("div", { class: "race-axis" }, svg("svg", { role: "img", "aria-label": `An axis of ${duration(span)} since the request` }, drawn), html("span", { class: "quiet-text" }, "since the request"));
}

function lane({ name, answered_at, price, best, late }, { scale, end, start, closed_at }) {
  const at = answered_at ? Date.parse(answered_at) : Math.min(Date.now(), closed_at ? Date.parse(closed_at) : end);
  const kind = ["bar-of", best && "best", late && "late", !answered_at && "silent"].filter(Boolean).join(" ");
  const track = svg("svg", { class: "track", "aria-hidden": "true" });
  const tall = { y1: 0, y2: "100%" };
  track.append(
    svg("rect", { class: kind, x: 0, y: 8, width: `${Math.max(0.3, scale(at))}%`, height: 16, rx: 4 }),
  );
  if (scale(end) <= 100) track.append(svg("line", { class: "deadline", x1: `${scale(end)}%`, x2: `${scale(end)}%`, ...tall }));
  if (closed_at) track.append(svg("line", { class: "closed", x1: `${scale(Date.parse(closed_at))}%`, x2: `${scale(Date.parse(closed_at))}%`, ...tall }));
  const after = answered_at ? duration(at - start) : closed_at ? "no answer" : "no answer yet";
  const words = [late ? "late, not counted" : null, answered_at && !price ? "not available" : null, best ? "best" : null].filter(Boolean);
  return html(
    "li",
    { class: best ? "best" : late ? "late" : null },
    html("span", { class: "herd" }, name),
    track,
    html("span", { class: "price number" }, price ?? "–"),
    html("span", { class: "quiet-text number" }, [after, ...words].join(", ")),
  );
}
