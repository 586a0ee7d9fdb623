// The actions that a visitor can set off from any view.

import { post } from "./api.js";
import { html } from "./dom.js";

/** Sets something off on the server, and says how it went. Gives the answer, or null after a refusal. */
export async function act(store, name, body, done) {
  try {
    const answer = await post(`/api/actions/${name}`, body);
    store.say(done);
    store.change("acted", { name, done, answer });
    return answer;
  } catch (refusal) {
    store.say(`${refusal.message} ${refusal.remedy}`, "attention");
    store.change("acted", { name, refusal });
    return null;
  }
}

/** The buttons of the frame. Without leave to act there are none. */
export function fillActions(place, store) {
  const { actions, replay } = store.topology;
  if (!actions || replay) return place.replaceChildren();
  const run = (name, body, done) => () => act(store, name, body, done);
  place.replaceChildren(
    html("button", { class: "primary", onclick: run("complete-ride", { fare: 14.9, distance: 6 }, "A ride is completed.") }, "Complete a ride"),
    html("button", { onclick: run("prebook", {}, "A ride is prebooked.") }, "Prebook"),
    html("button", { onclick: run("request-quotes", {}, "Every herd is asked for a quote.") }, "Request quotes"),
  );
}
