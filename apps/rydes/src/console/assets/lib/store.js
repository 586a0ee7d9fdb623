// All that the page knows of the system. A change is an event with the name of what changed.

const KEPT = 400;

export class Store extends EventTarget {
  topology = { stage: "", region: "", local: false, actions: false, replay: false, lanes: [], nodes: [], edges: [] };
  /** Depths by queue id. */
  depths = {};
  /** Ids of functions that take no messages now. */
  off = new Set();
  /** The latest steps, the last one at the end. */
  steps = [];
  connected = false;
  paused = false;

  change(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** Listens until the signal ends it. */
  on(name, listener, signal) {
    this.addEventListener(name, (event) => listener(event.detail), { signal });
  }

  setTopology(topology) {
    this.topology = topology;
    this.nodes = new Map(topology.nodes.map((node) => [node.id, node]));
    this.deadLettersOf = new Map();
    this.times = new Map();
    for (const { name } of topology.nodes) this.times.set(name, (this.times.get(name) ?? 0) + 1);
    for (const node of topology.nodes) if (node.dead_letters_of) this.deadLettersOf.set(node.dead_letters_of, node.id);
    this.change("topology");
  }

  setDepths(queues) {
    Object.assign(this.depths, queues);
    this.change("depths");
  }

  setOff(ids) {
    this.off = new Set(ids);
    this.change("off");
  }

  addSteps(steps) {
    this.steps.push(...steps);
    if (this.steps.length > KEPT) this.steps.splice(0, this.steps.length - KEPT);
    this.change("steps", steps);
  }

  setConnected(connected) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.change("connected");
  }

  setPaused(paused) {
    this.paused = paused;
    this.change("paused");
  }

  say(text, level = "info") {
    this.change("notice", { text, level });
  }

  /** The dead letters of a node: how many, as far as is known. */
  deadLetters(id) {
    return this.depths[this.deadLettersOf?.get(id)]?.visible ?? 0;
  }

  /** The name of a node, with its service if others are called the same. */
  name(id) {
    const node = this.nodes?.get(id);
    if (!node) return id;
    return this.times.get(node.name) > 1 ? `${node.name} (${node.lane})` : node.name;
  }
}
