// The server's events. The page listens only while it is seen: a hidden page costs nothing.

import { get } from "./api.js";

const AGAIN = 1500;

/** Keeps the store up to date. */
export function listen(store) {
  let source = null;
  let waiting = null;

  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource("/api/events");
    source.onopen = () => store.setConnected(true);
    source.onerror = () => {
      store.setConnected(false);
      // The browser tries again by itself, unless the server refused.
      if (source?.readyState === EventSource.CLOSED) {
        close();
        waiting = setTimeout(start, AGAIN);
      }
    };
    const take = (name, use) => source.addEventListener(name, (event) => use(JSON.parse(event.data)));
    take("topology", (topology) => store.setTopology(topology));
    take("depths", ({ queues }) => store.setDepths(queues));
    take("motion", ({ steps }) => store.addSteps(steps));
    take("notice", ({ text, level }) => store.say(text, level));
    take("state", ({ functions_off }) => store.setOff(functions_off));
  };

  const close = () => {
    source?.close();
    source = null;
    clearTimeout(waiting);
  };

  const start = async () => {
    try {
      store.setTopology(await get("/api/topology"));
      open();
    } catch (refusal) {
      store.change("refused", refusal);
      waiting = setTimeout(start, AGAIN);
    }
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else start();
  });
  window.addEventListener("pagehide", close);
  start();
}
