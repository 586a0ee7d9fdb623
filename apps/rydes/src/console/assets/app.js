// Starts the page: shows the view that the address names, and listens.

import { Store } from "./lib/store.js";
import { listen } from "./lib/stream.js";
import { shell } from "./lib/shell.js";

const store = new Store();
shell(store);
listen(store);
