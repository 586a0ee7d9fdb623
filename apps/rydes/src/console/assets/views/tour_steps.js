// The ten steps of the tour: words, an action, and the sign that it has happened.

/** The parts of the system that the tour speaks of, as far as they are deployed. */
export function findParts(store) {
  const { nodes, edges } = store.topology;
  const inLane = (lane, kind) => nodes.filter((node) => node.lane === lane && node.kind === kind).map(({ id }) => id);
  const [queue] = inLane("customer-loyalty", "queue");
  const polls = edges.find((edge) => edge.kind === "polls" && edge.from === queue);
  const filtered = edges.find((edge) => edge.kind === "delivers" && edge.filter && nodes.find(({ id }) => id === edge.to)?.lane === "extraordinary-rides");
  return {
    topic: inLane("unicorn-management", "topic")[0],
    subscribers: edges.filter((edge) => edge.kind === "delivers" && edge.from === inLane("unicorn-management", "topic")[0]),
    rides: nodes.filter(({ lane }) => lane === "unicorn-management" || lane === "clients").map(({ id }) => id),
    filtered,
    queue,
    polls,
    award: polls?.to,
    letters: store.deadLettersOf.get(queue),
    saga: nodes.find(({ kind }) => kind === "state_machine")?.id,
    ofSaga: edges.filter(({ from, to }) => nodes.some(({ id, kind }) => kind === "state_machine" && (id === from || id === to))),
  };
}

const ends = (edges) => edges.flatMap((edge) => [edge.id, edge.from, edge.to]);
const whole = ({ queue, polls, award }) => [queue, polls?.id, award];
const waiting = (store, id) => store.depths[id]?.visible ?? 0;

export const STEPS = [
  {
    title: "A ride is completed",
    text: ["The client reports a ride. One function stores it, a second one publishes what the table's stream says, so that no ride is stored without being published."],
    look: ({ rides, topic, subscribers }) => [...rides, topic, ...ends(subscribers)],
    action: { name: "complete-ride", label: "Complete a ride of 6 km for 14.90", body: () => ({ fare: 14.9, distance: 6 }), done: "A ride is completed." },
    happened: ({ topic }, _, { steps, acted }) => acted && steps.some(({ from }) => from === topic) && "The topic has delivered it to each subscriber's own queue.",
    code: "functions/unicorn-management/src/submit.rs",
  },
  {
    title: "A filter stops it, or does not",
    text: ["One subscriber wants extraordinary rides only. Its filter stands in its own template, and the topic applies it: the service never sees the others. The last ride was stopped there. A long one passes."],
    look: ({ filtered }) => (filtered ? ends([filtered]) : []),
    action: { name: "complete-ride", label: "Complete a ride of 25 km for 88.00", body: () => ({ fare: 88, distance: 25 }), done: "An extraordinary ride is completed." },
    happened: ({ filtered }, _, { steps, acted }) => acted && steps.some(({ edge, outcome }) => edge === filtered?.id && outcome === "ok") && "It passed the filter.",
    code: "infra/extraordinary-rides.yaml",
  },
  {
    title: "A service goes down",
    text: ["Take down customer-loyalty: its function takes no more messages. A customer who completes a ride will not notice."],
    look: whole,
    action: { name: "take-down", label: "Take customer-loyalty down", body: ({ award }) => ({ function: award }), done: "customer-loyalty is down." },
    happened: ({ award }, store) => store.off.has(award) && "It is down. The map draws it dashed.",
    code: "infra/customer-loyalty.yaml",
  },
  {
    title: "Its messages wait",
    text: ["The other services go on. The messages for loyalty wait in its queue, for up to 14 days."],
    look: whole,
    action: { name: "complete-ride", label: "Complete another ride", body: () => ({ fare: 21.5, distance: 9 }), done: "Another ride is completed." },
    happened: ({ queue }, store) => waiting(store, queue) > 0 && `About ${waiting(store, queue)} waiting in its queue.`,
    code: "docs/why-messaging.md",
  },
  {
    title: "It comes back",
    text: ["Bring it up again. It finds its work where it was left, and catches up. Nothing is lost, and nothing has to be sent again."],
    look: whole,
    action: { name: "bring-up", label: "Bring customer-loyalty up", body: ({ award }) => ({ function: award }), done: "customer-loyalty is up again." },
    happened: ({ award, queue }, store, { acted }) => acted && !store.off.has(award) && waiting(store, queue) === 0 && "It has caught up: its queue is empty.",
    code: "crates/lambda-messaging/src/consumer.rs",
  },
  {
    title: "A poison message",
    text: ["Some messages can't be handled, however often they are tried. Such a message must not hold up the others."],
    look: whole,
    action: { name: "poison", label: "Send a poison message", body: ({ queue }) => ({ queue }), done: "A poison message is in the queue." },
    happened: ({ queue, award }, _, { steps, acted }) => acted && steps.some(({ from, to, outcome }) => [from, to].some((id) => id === queue || id === award) && ["failed", "dead"].includes(outcome)) && "It failed. The messages beside it did not.",
    code: "crates/lambda-messaging/src/consumer/work.rs",
  },
  {
    title: "The dead-letter queue",
    text: ["A message that can't be handled is moved to a queue of its own, a dead-letter queue, with the reason. The diamond at the queue is red now: a person has to decide."],
    look: whole,
    happened: ({ queue }, store) => store.deadLetters(queue) > 0 && "It lies in the dead-letter queue.",
    code: "crates/lambda-messaging/src/consumer/dead_letters.rs",
  },
  {
    title: "Look, and redrive",
    text: ["Open Dead letters in the navigation, choose CustomerLoyalty and look. A message goes back to its queue when the fault is mended: a redrive. This one is broken for good, so it comes back. Discard it then, and return to the tour."],
    look: whole,
    happened: ({ queue }, store) => store.deadLetters(queue) === 0 && "No dead letter is left.",
    code: "docs/operating.md",
  },
  {
    title: "A fare is taken back",
    text: ["A fare is collected in steps by several services. When a later step is refused, the steps before it are undone by their opposites: compensations. Here the card is declined."],
    look: ({ saga, ofSaga }) => [saga, ...ends(ofSaga)],
    action: { name: "decline-card", label: "Complete a ride that can't be paid", done: "A ride is completed whose fare can't be collected." },
    happened: ({ saga }, _, { steps, acted }) => acted && steps.some(({ from, to }) => from === saga || to === saga) && "The saga has run. Open Saga to see its path.",
    code: "statemachines/fare-collection.asl.json",
  },
  {
    title: "The audit",
    text: ["At the end the books must agree: each ride with each of its effects, once. The audit compares what every service stored."],
    look: null,
    action: { name: "audit", label: "Run the audit", done: "The audit has run." },
    happened: (_, __, { acted }) => acted?.findings && (acted.findings.length ? `${acted.findings.length} findings: ${acted.findings.map(({ title }) => title).join("; ")}` : "Nothing is missing, and nothing happened twice."),
    code: "apps/rydes/src/audit.rs",
  },
];
