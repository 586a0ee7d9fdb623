// Messages that could not be handled: by queue and reason, what is in them, and how they go back to work or away.

import { get, post } from "../lib/api.js";
import { choice, nothing, poll, refused, sideBySide } from "../lib/controls.js";
import { html, refill } from "../lib/dom.js";
import { clock, shortId, some } from "../lib/words.js";

export function mount(root, { store, signal, argument }) {
  const lead = "A message that no attempt could handle waits here until a person decides. Nothing is received before you look.";
  const { element, list, detail } = sideBySide("Dead letters", lead);
  root.append(element);
  const title = (queue) => store.nodes.get(queue)?.name ?? queue;

  poll(signal, 2000, () => get("/api/dead-letters"), showQueues, (refusal) => list.replaceChildren(html("li", {}, refused(refusal))));
  function showQueues(queues) {
    const sorted = [...queues].sort((a, b) => b.count - a.count);
    refill(list, sorted.map((entry) => queueEntry(entry, title, argument)));
    if (argument || opened) return;
    const all = sorted.reduce((sum, { count }) => sum + count, 0);
    const text = all ? "Choose a queue to look at its messages." : "Every message was handled. A poison message on the map brings one here.";
    detail.replaceChildren(nothing(all ? `About ${some(all, "message")} to decide on` : "Nothing to decide on", text));
  }
  const opened = argument !== null;
  if (!opened) return;

  const letters = new Letters(store, argument, detail);
  detail.append(
    html("h2", {}, title(store.nodes.get(argument)?.dead_letters_of ?? argument)),
    html("p", { class: "quiet-text" }, store.topology.replay ? "A recording has no messages to look at." : "Looking receives the messages for a moment, and puts them back."),
    store.topology.replay ? "" : html("div", { class: "row" }, html("button", { class: "primary", onclick: () => letters.look() }, "Look at the messages")),
  );
}

function queueEntry({ queue, dead_letter_queue, count, reasons }, title, chosen) {
  const why = reasons ? Object.entries(reasons).map(([reason, number]) => `${reason} ${number}`).join(", ") : "";
  return choice(
    `#/dead-letters/${encodeURIComponent(dead_letter_queue)}`,
    dead_letter_queue === chosen,
    html("span", { class: "what" }, title(queue), count ? html("span", { class: "count urgent" }, `≈ ${count}`) : null),
    html("span", { class: "quiet-text" }, count ? why || "reasons unknown until you look" : "none"),
  );
}

class Letters {
  constructor(store, id, detail) {
    Object.assign(this, { store, path: `/api/dead-letters/${encodeURIComponent(id)}`, detail });
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

  show({ messages, truncated, runbook }) {
    this.chosen.clear();
    this.messages = messages;
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
    const redrive = () => this.settle("redrive", { ids: ids() }, (count) => `${some(count, "message")} sent back to the queue.`);
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

  async settle(how, what, done) {
    try {
      await post(`${this.path}/${how}`, what);
      this.store.say(done(what.ids.length));
      await this.look();
    } catch (refusal) {
      this.body.prepend(refused(refusal));
    }
  }
}
