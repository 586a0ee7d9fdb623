// The frame of every view: navigation, actions, the connection, and the live region.

import { html } from "./dom.js";
import { fillActions } from "./actions.js";

// A view is loaded when it is first opened.
const VIEWS = [
  ["map", "Map"],
  ["message", "Messages"],
  ["dead-letters", "Dead letters"],
  ["saga", "Saga"],
  ["quotes", "Quotes"],
  ["campaign", "Campaign"],
  ["patterns", "Patterns"],
  ["tour", "Tour"],
];

export function shell(store) {
  const part = (id) => document.getElementById(id);
  const links = new Map(VIEWS.map(([id, name]) => [id, html("a", { href: `#/${id}` }, name)]));
  part("nav").append(html("ul", {}, ...[...links.values()].map((link) => html("li", {}, link))));

  const connection = part("connection");

  let leaving = new AbortController();
  const open = async () => {
    const [id, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
    const view = links.has(id) ? id : "map";
    for (const [name, link] of links) {
      if (name === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${links.get(view).textContent} – Wild Rydes console`;
    leaving.abort();
    const { signal } = (leaving = new AbortController());
    const module = await load(`../views/${view.replaceAll("-", "_")}.js`);
    if (!module || signal.aborted) return;
    const root = part("main");
    root.replaceChildren();
    root.className = `view-${view}`;
    module.mount(root, { store, signal, argument: rest.length ? decodeURIComponent(rest.join("/")) : null });
  };
  window.addEventListener("hashchange", () => {
    if (location.hash.startsWith("#/")) open();
  });

  let opened = false;
  store.on("topology", () => {
    showConnection();
    fillActions(part("actions"), store);
    if (!opened) open();
    opened = true;
  });
  store.on("off", markAttention);
  store.on("depths", markAttention);
  function markAttention() {
    const dead = [...(store.deadLettersOf?.values() ?? [])].reduce((sum, id) => sum + (store.depths[id]?.visible ?? 0), 0);
    links.get("dead-letters").replaceChildren("Dead letters", ...(dead ? [html("span", { class: "count urgent" }, String(dead))] : []));
  }

  const showConnection = () => {
    connection.classList.toggle("lost", !store.connected);
    const { stage, region, local, replay } = store.topology;
    const where = replay ? "a recording" : local ? stage : `${stage}, ${region}`;
    connection.replaceChildren(html("span", { class: "lamp", "aria-hidden": "true" }), store.connected ? where : "reconnecting");
    const shown = replay ? "The page shows what happened then." : "The page shows this stage as it is now.";
    connection.title = store.connected ? shown : "The console's server does not answer.";
  };
  store.on("connected", () => {
    showConnection();
    store.say(store.connected ? "Connected." : "The connection is lost. The page tries again.");
  });
  showConnection();

  store.on("refused", ({ status, message, remedy }) => {
    if (opened && status !== 401 && status !== 403) return;
    // The next topology opens the view again.
    opened = false;
    part("main").replaceChildren(html("div", { class: "empty", role: "alert" }, html("h1", {}, message), html("p", {}, remedy)));
  });
  store.on("notice", ({ text }) => speak(part("live"), text));
}

/** A view's module. A request that the browser has dropped is made again; if that fails, too, the whole page is loaded again. */
async function load(path) {
  try {
    return await import(path).catch(() => import(path));
  } catch {
    window.loadAgain();
    return null;
  }
}

// One sentence at a time, so that a screen reader is not flooded.
let last = 0;
function speak(region, text) {
  const wait = Math.max(0, last + 1200 - Date.now());
  last = Date.now() + wait;
  if (wait < 6000) setTimeout(() => (region.textContent = text), wait);
}
