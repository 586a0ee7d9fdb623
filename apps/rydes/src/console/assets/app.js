// Starts the page: reads the topology, shows the view that the address names, and listens.

import { get } from "./lib/api.js";
import { Store } from "./lib/store.js";
import { listen } from "./lib/stream.js";
import { shell } from "./lib/shell.js";

const store = new Store();
shell(store);
try {
  store.setTopology(await get("/api/topology"));
} catch (refusal) {
  store.change("refused", refusal);
}
listen(store);
