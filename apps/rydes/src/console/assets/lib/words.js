// The page's words for kinds, outcomes, numbers and times.

export const KINDS = {
  client: "client",
  api: "API",
  function: "function",
  topic: "topic",
  queue: "queue",
  dead_letter_queue: "dead-letter queue",
  table: "table",
  state_machine: "state machine",
  bucket: "bucket",
  email: "e-mail",
};

export const EDGES = {
  calls: "calls",
  reads: "reads",
  writes: "writes to",
  streams: "streams changes to",
  publishes: "publishes to",
  delivers: "delivers to",
  polls: "is polled by",
  sends: "sends to",
  starts: "starts",
  tasks: "asks",
  mails: "sends e-mail by",
  redrives: "gives up to",
};

export const OUTCOMES = {
  ok: "handled",
  filtered: "filtered out",
  duplicate: "a duplicate, nothing done",
  failed: "failed, tried again",
  dead: "moved to the dead-letter queue",
};

/** How a step ended, if it did not go well. */
export function ending({ outcome }) {
  return outcome === "ok" ? "" : `, ${OUTCOMES[outcome] ?? outcome}`;
}

/** A step in a sentence. */
export function stepText(store, step) {
  const edge = store.topology.edges.find((candidate) => candidate.id === step.edge);
  const what = step.count > 1 ? `${step.count} messages` : (step.event_type ?? "message");
  const took = step.took_ms === null || step.took_ms === undefined ? "" : ` in ${duration(step.took_ms)}`;
  return `${what}: ${store.name(step.from)} ${EDGES[edge?.kind] ?? "→"} ${store.name(step.to)}${ending(step)}${took}`;
}

/** The conditions of a filter policy: `fare ≥ 50 and distance ≥ 20`. */
export function filterText(filter) {
  const parts = Object.entries(filter).map(([field, conditions]) => {
    const list = Array.isArray(conditions) ? conditions : [conditions];
    return `${field} ${list.map(condition).join(" or ")}`;
  });
  return parts.join(" and ");
}

const SIGNS = { ">=": "≥", "<=": "≤", "=": "=", ">": ">", "<": "<" };

function condition(value) {
  if (value === null || typeof value !== "object") return `is ${value}`;
  if (value.numeric) {
    const pairs = [];
    for (let i = 0; i < value.numeric.length; i += 2) pairs.push(`${SIGNS[value.numeric[i]] ?? value.numeric[i]} ${value.numeric[i + 1]}`);
    return pairs.join(" and ");
  }
  if (value.prefix) return `starts with ${value.prefix}`;
  if (value["anything-but"]) return `is not ${[value["anything-but"]].flat().join(" or ")}`;
  if ("exists" in value) return value.exists ? "is there" : "is not there";
  return JSON.stringify(value);
}

export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  return `${Math.floor(ms / 3_600_000)} h`;
}

/** A count that fits into a badge: 1.2k instead of 1,203. */
export function short(count) {
  if (count < 1000) return String(count);
  return `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)}k`;
}

/** Some of a thing, in numerals: `1 message`, `2 messages`. */
export function some(count, thing) {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}

export function clock(time) {
  const date = new Date(time);
  return `${date.toLocaleTimeString("en-GB")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** The part of an id that tells ids of the same minute apart. */
export function shortId(id) {
  return id.length > 12 ? `…${id.slice(-8)}` : id;
}
