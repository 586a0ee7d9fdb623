// How far the visitor is. A step goes on while another view is open, and a page that is loaded again knows the results.

import { post } from "../lib/api.js";
import { STEPS, findParts } from "./tour_steps.js";

// In the session's storage since the tour was begun.
const KEY = "rydes-tour";

let only = null;

/** The page's tour. */
export const progress = (store) => (only ??= begin(store));

function begin(store) {
  // Results and runs are kept by step. A dead letter may come and go while another view is open.
  const tour = { at: 0, results: {}, letter: false, ...JSON.parse(sessionStorage.getItem(KEY)), runs: {}, save, run, check };
  const find = () => (tour.parts = findParts(store));
  const checkAll = () => Object.keys(tour.runs).forEach(check);
  find();
  save();
  store.on("topology", find);
  store.on("steps", (steps) => {
    for (const run of Object.values(tour.runs)) run.steps.push(...steps);
    checkAll();
  });
  store.on("off", checkAll);
  store.on("depths", () => {
    if (store.deadLetters(tour.parts.queue)) save({ letter: true });
    checkAll();
  });
  return tour;

  function save(change) {
    const { at, results, letter } = Object.assign(tour, change);
    sessionStorage.setItem(KEY, JSON.stringify({ at, results, letter }));
  }

  /** Does a step. */
  async function run(step) {
    const { name, body, wait } = STEPS[step].action;
    delete tour.results[step];
    const run = (tour.runs[step] = { since: Date.now(), steps: [] });
    store.say(`Waiting for ${wait}`);
    store.change("tour");
    try {
      run.acted = await post(`/api/actions/${name}`, body?.(tour.parts));
      check(step);
    } catch ({ message, remedy }) {
      end(step, { text: `${message} ${remedy}`, wrong: true });
    }
  }

  /** Ends a step that has happened. */
  function check(step) {
    const { steps, acted } = tour.runs[step] ?? {};
    const text = !tour.results[step] && STEPS[step].happened(tour.parts, store, { steps, acted, letter: tour.letter });
    if (text) end(step, { text, wrong: acted?.findings?.length > 0, id: acted?.correlation_id });
  }

  function end(step, result) {
    delete tour.runs[step];
    tour.results[step] = result;
    save();
    store.say(result.text);
    store.change("tour");
  }
}
