// The ten steps of the tour: words, an action, and the sign that it has happened.

import { html } from "../lib/dom.js";
import { filterText, some } from "../lib/words.js";

/** The parts of the system that the tour speaks of, as far as they are deployed. */
export function findParts(store) {
  const { nodes, edges } = store.topology;
  const inLane = (lane, kind) => nodes.find((node) => node.lane === lane && node.kind === kind)?.id;
  const queue = inLane("customer-loyalty", "queue");
  const topic = inLane("unicorn-management", "topic");
  const saga = nodes.find(({ kind }) => kind === "state_machine")?.id;
  const polls = edges.find((edge) => edge.kind === "polls" && edge.from === queue);
  const filtered = edges.find((edge) => edge.kind === "delivers" && edge.filter && nodes.find(({ id }) => id === edge.to)?.lane === "extraordinary-rides");
  return {
    topic,
    subscribers: edges.filter(({ kind, from }) => kind === "delivers" && from === topic),
    rides: nodes.filter(({ lane }) => lane === "unicorn-management" || lane === "clients").map(({ id }) => id),
    filtered,
    queue,
    polls,
    award: polls?.to,
    saga,
    ofSaga: edges.filter(({ from, to }) => from === saga || to === saga),
  };
}

const ends = (edges) => edges.flatMap((edge) => [edge.id, edge.from, edge.to]);
const whole = ({ queue, polls, award }) => [queue, polls?.id, award];
const waiting = (store, id) => store.depths[id]?.visible ?? 0;
const left = (store, id) => waiting(store, id) + (store.depths[id]?.in_flight ?? 0);
const ride = (label, fare, distance, wait) => ({ name: "complete-ride", label, body: () => ({ fare, distance }), wait });
const switched = (name, label, wait) => ({ name, label, body: ({ award }) => ({ function: award }), wait });

// The likely reasons why a step does not happen.

function down({ award }, store) {
  const lane = [...store.off].map((id) => store.nodes.get(id)?.lane).join(", ");
  return lane && `Still down: ${lane}. Bring it up ${store.off.has(award) ? "in step 5" : "on the map"}.`;
}

function up({ award }, store) {
  return store.off.has(award) ? "" : "customer-loyalty is up: take it down in step 3.";
}

function noLetter(parts, store) {
  if (store.deadLetters(parts.queue)) return "The dead letter is still there.";
  return left(store, parts.queue) ? `It is not there yet: the queue is not empty. ${down(parts, store)}` : "There is none: send a poison message in step 6.";
}

export const STEPS = [
  {
    title: "A ride is completed",
    text: "The client reports a ride. One function stores it, a second one publishes what the table's stream says, so that no ride is stored without being published.",
    look: ({ rides, topic, subscribers }) => [...rides, topic, ...ends(subscribers)],
    action: ride("Complete a ride of 6 km for 14.90", 14.9, 6, "the subscribers"),
    hint: down,
    happened: ({ topic }, _, { steps, acted }) => acted && steps.some(({ from }) => from === topic) && "The topic has delivered it to each subscriber's own queue.",
    code: "functions/unicorn-management/src/submit.rs",
  },
  {
    title: "A filter stops it, or does not",
    text: ({ filtered }) => `One subscriber wants extraordinary rides only: ${filterText(filtered?.filter ?? {})}. The topic applies this filter, so the service never sees the others. The ride of step 1 was stopped there. A long one passes.`,
    look: ({ filtered }) => (filtered ? ends([filtered]) : []),
    action: ride("Complete a ride of 25 km for 88.00", 88, 25, "the subscriber"),
    hint: down,
    happened: ({ filtered }, _, { steps, acted }) => acted && steps.some(({ edge, outcome }) => edge === filtered?.id && outcome === "ok") && "It passed the filter.",
    code: "infra/extraordinary-rides.yaml",
  },
  {
    title: "A service goes down",
    text: "Take down customer-loyalty: its function takes no more messages. A customer who completes a ride will not notice.",
    look: whole,
    action: switched("take-down", "Take customer-loyalty down", "the function"),
    happened: ({ award }, store) => store.off.has(award) && "It is down. The map draws it dashed.",
    code: "infra/customer-loyalty.yaml",
  },
  {
    title: "Its messages wait",
    text: "The other services go on. The messages for loyalty wait in its queue, for up to 14 days.",
    look: whole,
    action: ride("Complete another ride", 21.5, 9, "the message"),
    hint: up,
    happened: ({ queue, award }, store, { acted }) => acted && store.off.has(award) && waiting(store, queue) > 0 && "Its message waited in the queue.",
    live: ({ queue }, store) => waiting(store, queue) > 0 && `About ${some(waiting(store, queue), "message")} waiting in its queue now.`,
    code: "docs/why-messaging.md",
  },
  {
    title: "It comes back",
    text: "Bring it up again. It finds its work where it was left, and catches up. Nothing is lost or sent again.",
    look: whole,
    action: switched("bring-up", "Bring customer-loyalty up", "its queue to empty"),
    happened: ({ award, queue }, store, { acted }) => acted && !store.off.has(award) && waiting(store, queue) === 0 && "It has caught up: its queue is empty.",
    code: "crates/lambda-messaging/src/consumer.rs",
  },
  {
    title: "A poison message",
    text: "No attempt can handle a poison message: this one is a text that is no event. The function sees that at the first attempt, and makes no second one.",
    look: whole,
    action: { name: "poison", label: "Send a poison message", body: ({ queue }) => ({ queue }), wait: "the attempt" },
    hint: down,
    happened: ({ queue, award }, _, { steps, acted }) => acted && steps.some(({ from, outcome }) => (from === queue || from === award) && /failed|dead/.test(outcome)) && "It failed, and was set aside. The queue goes on with the next message.",
    code: "crates/lambda-messaging/src/consumer/work.rs",
  },
  {
    title: "The dead-letter queue",
    text: "A message that can't be handled is moved to a queue of its own, a dead-letter queue, with the reason. The diamond at the queue is red then: a person has to decide.",
    look: whole,
    hint: noLetter,
    happened: ({ queue }, store) => store.deadLetters(queue) > 0 && "It lies in the dead-letter queue.",
    code: "crates/lambda-messaging/src/consumer/dead_letters.rs",
  },
  {
    title: "Look, and redrive",
    text: "A message goes back to its queue when the fault is mended: a redrive. This one is broken for good, so it comes back, and is discarded.",
    list: () => [[html("a", { href: "#/dead-letters" }, "Open Dead letters"), ", and choose CustomerLoyalty."], "Look at the messages.", "Redrive it, and look again: it has come back.", "Discard it.", "Return to the tour."],
    look: whole,
    hint: noLetter,
    happened: ({ queue }, store, { letter }) => letter && !store.deadLetters(queue) && !left(store, queue) && "The dead letter is gone.",
    code: "docs/operating.md",
  },
  {
    title: "A fare is taken back",
    text: "A fare is collected in steps by several services. When a later step is refused, the steps before it are undone by their opposites: compensations. Here the card is declined.",
    look: ({ saga, ofSaga }) => [saga, ...ends(ofSaga)],
    action: { name: "decline-card", label: "Complete a ride that can't be paid", wait: "the saga" },
    hint: down,
    happened: ({ saga }, _, { steps, acted }) => acted && steps.some(({ from, to }) => from === saga || to === saga) && "The saga has run. Open Saga to see its path.",
    code: "statemachines/fare-collection.asl.json",
  },
  {
    title: "The audit",
    text: "At the end the books must agree: each ride with each of its effects, once. The audit compares what every service stored.",
    action: { name: "audit", label: "Run the audit", wait: "the audit" },
    hint: down,
    happened: (parts, store, { acted }) => acted && books(acted, down(parts, store)),
    code: "apps/rydes/src/audit.rs",
  },
];

/** The end of the tour. */
export const AFTER = {
  title: "Where to go next",
  text: "There is more to see:",
  list: () => [
    [html("a", { href: "#/campaign" }, "Campaign"), ": many prebookings at once"],
    [html("a", { href: "#/quotes" }, "Quotes"), ": the herds' race to a deadline"],
    [html("a", { href: "#/patterns" }, "Patterns"), ": their places, code and tests"],
    ["The labs, in ", html("code", {}, "docs/labs"), ": change the system yourself"],
  ],
};

function books({ findings, looked_at }, why) {
  const seen = Object.entries(looked_at).map(([things, count]) => `${things} ${count}`);
  if (!findings.length) return `Nothing is missing, and nothing happened twice. Looked at: ${seen.join(", ")}.`;
  return `${some(findings.length, "finding")}: ${findings.slice(0, 3).map(({ title, text }) => `${title} (${text})`).join("; ")}. ${why}`;
}
