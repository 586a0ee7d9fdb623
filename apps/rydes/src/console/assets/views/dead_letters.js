// Messages that could not be handled: by queue and reason, what is in them, and how they go back to work or away.

import { get, post } from "../lib/api.js";
import { choice, nothing, poll, refused, sideBySide } from "../lib/controls.js";
import { html, refill } from "../lib/dom.js";
import { clock, shortId, some } from "../lib/words.js";

// The last look at each queue.
const looked = new Map();

export function mount(root, { store, signal, argument }) {
  const lead = "A message that no attempt could handle waits here until a person decides. Nothing is received before you look.";
  const { element, list, detail } = sideBySide("Dead letters", lead);
  root.append(element);
  let latest = [];
  const letters = argument === null ? null : new Letters(store, argument, detail, () => showQueues(latest));

  const ask = async () => {
    const queues = await get("/api/dead-letters");
    letters?.recount(queues);
    return queues;
  };
  poll(signal, 2000, ask, showQueues, (refusal) => list.replaceChildren(html("li", {}, refused(refusal))));
  function showQueues(queues) {
    latest = queues;
    const sorted = [...queues].sort((a, b) => b.count - a.count);
    refill(list, sorted.map((entry) => queueEntry(entry, store, argument)));
    if (letters) return;
    const all = sorted.reduce((sum, { count }) => sum + count, 0);
    const text = all ? "Choose a queue to look at its messages." : "Every message was handled. A poison message on the map brings one here.";
    detail.replaceChildren(nothing(all ? `About ${some(all, "message")} to decide on` : "Nothing to decide on", text));
  }
  if (!letters) return;

  detail.replaceChildren(
    html("h2", {}, store.name(store.nodes.get(argument)?.dead_letters_of ?? argument)),
    html("p", { class: "quiet-text" }, store.topology.replay ? "A recording has no messages to look at." : "Looking receives the messages for a moment, and puts them back."),
    store.topology.replay ? "" : html("div", { class: "row" }, html("button", { class: "primary", onclick: () => letters.look() }, "Look at the messages")),
    letters.result,
  );
}

function queueEntry({ queue, dead_letter_queue, count }, store, chosen) {
  const known = looked.get(dead_letter_queue);
  const why = known?.count === count ? known.reasons : "reasons unknown until you look";
  return choice(
    `#/dead-letters/${encodeURIComponent(dead_letter_queue)}`,
    dead_letter_queue === chosen,
    html("span", { class: "what" }, store.name(queue), count ? html("span", { class: "count urgent" }, `≈ ${count}`) : null),
    html("span", { class: "quiet-text" }, count ? why : "none"),
  );
}

class Letters {
  /** `counted` is called after each look. */
  constructor(store, id, detail, counted) {
    Object.assign(this, { store, id, path: `/api/dead-letters/${encodeURIComponent(id)}`, detail, counted });
    this.result = html("p");
    this.body = html("div", { class: "letters" });
    this.chosen = new Set();
  }

  // One look at a time: two would hide messages from each other.
  async look() {
    if (this.looking) return;
    this.looking = true;
    this.detail.append(this.body);
    this.body.replaceChildren(html("p", { class: "quiet-text" }, "Looking…"));
    try {
      this.show(await post(`${this.path}/look`));
    } catch (refusal) {
      this.body.replaceChildren(refused(refusal));
    }
    this.looking = false;
  }

  show({ messages, reasons, truncated, runbook }) {
    this.chosen.clear();
    this.messages = messages;
    this.at = Date.now();
    looked.set(this.id, { count: messages.length, reasons });
    this.counted();
    if (this.kept) this.showBack(messages.filter(({ id }) => !this.kept.has(id)).length);
    if (!messages.length) {
      this.store.say("The dead-letter queue is empty.");
      return this.body.replaceChildren(html("p", {}, "The queue is empty now."));
    }
    this.store.say(`${some(messages.length, "dead letter")} found.`);
    this.body.replaceChildren(
      html("p", {}, `${some(messages.length, "message")}${truncated ? ", and more that are not shown" : ""}. The runbook is `, html("code", {}, runbook ?? "docs/operating.md"), "."),
      this.buttons(),
      html("ul", { class: "cards" }, messages.map((message) => this.card(message))),
    );
  }

  buttons() {
    if (!this.store.topology.actions) return html("p", { class: "quiet-text" }, "This console only watches: it was started without --allow-actions.");
    const ids = () => (this.chosen.size ? [...this.chosen] : this.messages.map(({ id }) => id));
    const redrive = () => this.settle("redrive", { ids: ids() }, (count) => `${some(count, "message")} redriven.`);
    const discard = () => {
      const text = `Delete ${some(ids().length, "message")} for good?`;
      if (window.confirm(text)) this.settle("discard", { ids: ids() }, (count) => `${some(count, "message")} deleted.`);
    };
    return html("div", { class: "row" }, html("button", { onclick: redrive }, "Redrive"), html("button", { class: "urgent-text", onclick: discard }, "Discard…"), html("span", { class: "quiet-text" }, "the ticked messages, or all"));
  }

  card(message) {
    const { id, reason, error, attempts, sent_at, correlation_id, body } = message;
    const tick = html("input", { type: "checkbox", "aria-label": `Choose the message of ${clock(sent_at)}`, onchange: () => (tick.checked ? this.chosen.add(id) : this.chosen.delete(id)) });
    const text = html("pre", { tabindex: 0 }, typeof body === "string" ? body : JSON.stringify(body, null, 2));
    const reveal = html("button", { onclick: () => this.reveal(id, text, reveal) }, "Reveal the body");
    return html(
      "li",
      { class: "card" },
      html("div", { class: "card-head" }, tick, html("strong", { class: "urgent-text" }, reason), html("span", { class: "quiet-text" }, `${some(attempts, "attempt")} · sent ${clock(sent_at)}`), correlation_id ? html("a", { href: `#/message/${encodeURIComponent(correlation_id)}` }, shortId(correlation_id)) : null),
      error ? html("p", {}, error) : null,
      text,
      reveal,
    );
  }

  async reveal(id, text, button) {
    try {
      const { body } = await post(`${this.path}/reveal`, { id });
      text.textContent = typeof body === "string" ? body : JSON.stringify(body, null, 2);
      button.remove();
    } catch (refusal) {
      this.store.say(`${refusal.message} ${refusal.remedy}`, "attention");
    }
  }

  /** Says how many messages came after a redrive. */
  showBack(count) {
    const text = `${this.done} ${some(count, "message")} failed again and came back.`;
    if (count > 0 && this.result.textContent !== text) this.say(text);
  }

  // The approximate count lags behind the look after a redrive.
  recount(queues) {
    const count = queues.find((entry) => entry.dead_letter_queue === this.id)?.count;
    const lag = this.store.topology.local ? 5e3 : 6e4;
    if (!this.kept || this.looking || Date.now() < this.at + lag || !(count > this.messages.length)) return;
    this.showBack(count - this.kept.size);
    if (!this.messages.length) this.body.replaceChildren();
  }

  say(text) {
    this.result.textContent = text;
    this.store.say(text);
  }

  async settle(how, { ids }, done) {
    try {
      const { moved } = await post(`${this.path}/${how}`, { ids });
      this.kept = how === "redrive" ? new Set(this.messages.map(({ id }) => id).filter((id) => !ids.includes(id))) : null;
      this.say((this.done = done(moved)));
      await this.look();
    } catch (refusal) {
      this.body.prepend(refused(refusal));
    }
  }
}
