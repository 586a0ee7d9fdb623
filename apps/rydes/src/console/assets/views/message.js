// The waterfall of a correlation id: when its messages waited, when they were worked on, and how each step ended.

import { get } from "../lib/api.js";
import { bar as keyBar, choice, keys, nothing, poll, refused, sideBySide } from "../lib/controls.js";
import { html, refill, svg } from "../lib/dom.js";
import { OUTCOMES, clock, duration, filterText, shortId, some } from "../lib/words.js";
import { icon } from "../map/shapes.js";

export function mount(root, { store, signal, argument }) {
  const { element, list, detail, side } = sideBySide("Messages", "Everything that one request set off, by its correlation id. The latest stand first.");
  side.insertBefore(findForm(), list);
  root.append(element);
  if (!argument) detail.replaceChildren(nothing("Choose a message", "Its waterfall shows where it waited, where it was worked on, and for how long."));

  poll(signal, 3000, () => get("/api/messages?limit=50"), showList, (refusal) => list.replaceChildren(html("li", {}, refused(refusal))));
  function showList(messages) {
    if (!messages.length) return list.replaceChildren(html("li", { class: "quiet-text" }, "None yet. Complete a ride to see one."));
    refill(list, messages.map((message) => entry(message, argument)));
  }
  if (argument) {
    const show = (message) => detail.replaceChildren(...waterfall(store, message));
    poll(signal, 2000, () => get(`/api/messages/${encodeURIComponent(argument)}`), show, (refusal) => detail.replaceChildren(missing(store, refusal)));
  }
}

// A message that was just sent has no step yet.
function missing(store, refusal) {
  if (store.topology.replay) return nothing("No steps at this moment of the recording", "They are recorded once the message has come to rest, and not for every message.");
  return refusal.status === 404 ? nothing("No step has been seen yet", "The page looks again and again.") : refused(refusal);
}

function findForm() {
  const input = html("input", { name: "id", "aria-label": "Correlation id", placeholder: "Correlation id", autocomplete: "off", spellcheck: "false" });
  const go = (event) => {
    event.preventDefault();
    if (input.value.trim()) location.hash = `#/message/${encodeURIComponent(input.value.trim())}`;
  };
  return html("form", { class: "find", onsubmit: go }, input, html("button", {}, "Show"));
}

function entry({ correlation_id, what, started_at, steps, failed }, chosen) {
  return choice(
    `#/message/${encodeURIComponent(correlation_id)}`,
    correlation_id === chosen,
    html("span", { class: "what" }, what ?? "message", failed ? html("span", { class: "quiet-text" }, " with a failure") : null),
    html("span", { class: "quiet-text" }, `${clock(started_at)} · ${some(steps, "movement")} · ${shortId(correlation_id)}`),
  );
}

function waterfall(store, { correlation_id, started_at, ended_at, rows }) {
  const times = rows.flatMap((row) => [row.waiting_from, row.working_from, row.until]).filter(Boolean).map(Date.parse);
  const from = Math.min(Date.parse(started_at), ...times);
  const until = Math.max(ended_at ? Date.parse(ended_at) : from, ...times, from + 1);
  const scale = (time) => ((Date.parse(time) - from) / (until - from)) * 100;
  return [
    html("h2", {}, `${some(rows.length, "step")} in ${duration(until - from)}`),
    html("p", { class: "quiet-text mono" }, correlation_id),
    legend(rows),
    axis(until - from),
    html("ol", { class: "waterfall" }, rows.map((row) => step(store, row, scale))),
  ];
}

// Waiting and working are always explained, all else where it is seen.
function legend(rows) {
  const kinds = new Set(rows.map(stateOf));
  const bars = [["failed", "failed"], ["dead", "failed for good"], ["duplicate", "seen before"]].filter(([state]) => kinds.has(state));
  return keys([
    [keyBar("waiting"), "waiting, since it was published"],
    [keyBar("working"), "worked on, and done"],
    ...bars.map(([state, text]) => [svg("g", { class: state }, keyBar("working")), text]),
    ...(kinds.has("filtered") ? [[svg("circle", { class: "stopped", cx: 11, cy: 5, r: 4 }), "stopped by a filter"]] : []),
  ]);
}

function stateOf(row) {
  return row.filtered_by ? "filtered" : row.duplicate ? "duplicate" : row.outcome;
}

const TICKS = 4;

function axis(span) {
  const marks = Array.from({ length: TICKS + 1 }, (_, i) => html("span", {}, i === 0 ? "0" : duration((span * i) / TICKS)));
  return html("div", { class: "axis", "aria-hidden": "true" }, marks);
}

function step(store, row, scale) {
  const state = stateOf(row);
  const verdict = row.filtered_by ? `filtered out: ${filterText(row.filtered_by)}` : (OUTCOMES[state] ?? state);
  const spoken = times(row);
  const lane = store.nodes?.get(row.node)?.lane;
  return html(
    "li",
    { class: `step ${state}` },
    html("a", { class: "step-name", href: `#/map/${encodeURIComponent(row.node)}` }, icon(row.kind), html("span", {}, row.name, lane ? html("small", {}, lane) : null)),
    bars(row, scale),
    html(
      "div",
      { class: "step-end" },
      html("span", { class: state === "dead" ? "urgent-text" : null }, row.attempt > 1 ? `attempt ${row.attempt}: ${verdict}` : verdict),
      html("small", {}, spoken),
      row.error ? html("small", { class: "error-name" }, row.error) : null,
      logs(store, row),
    ),
  );
}

// A function that writes one line tells when it was done, and not when it began.
function times({ waiting_from, working_from, until }) {
  const between = (a, b) => (a && b ? Date.parse(b) - Date.parse(a) : 0);
  const [waited, worked] = [between(waiting_from, working_from), between(working_from, until)];
  if (waited && !worked) return `done ${duration(waited)} after it was published`;
  return [waited && `waited ${duration(waited)}`, worked && `worked ${duration(worked)}`].filter(Boolean).join(", ");
}

function bars({ waiting_from, working_from, until, filtered_by }, scale) {
  const bar = (name, a, b) => svg("rect", { class: name, x: `${scale(a)}%`, y: 5, width: `${Math.max(0.4, scale(b) - scale(a))}%`, height: 12, rx: 3 });
  const drawn = [];
  if (waiting_from && (working_from ?? until)) drawn.push(bar("waiting", waiting_from, working_from ?? until));
  if (working_from) drawn.push(bar("working", working_from, until ?? working_from));
  if (filtered_by && waiting_from) drawn.push(svg("circle", { class: "stopped", cx: `${scale(waiting_from)}%`, cy: 11, r: 4 }));
  return svg("svg", { class: "bars", "aria-hidden": "true" }, drawn);
}

function logs(store, { log_group, request_id }) {
  if (!log_group) return null;
  const { local, region } = store.topology;
  const group = encodeURIComponent(encodeURIComponent(log_group)).replaceAll("%", "$");
  const address = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${group}`;
  const where = local ? html("code", {}, log_group) : html("a", { href: address }, log_group);
  return html("details", {}, html("summary", {}, "logs"), html("small", {}, where), request_id ? html("small", {}, "request ", html("code", {}, request_id)) : null);
}
