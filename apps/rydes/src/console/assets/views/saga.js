// The saga as it is deployed, and the path that one execution took through it.

import { get } from "../lib/api.js";
import { bar, choice, keys, nothing, poll, refused, sideBySide, stroke } from "../lib/controls.js";
import { html, refill, svg } from "../lib/dom.js";
import { clock, duration, shortId } from "../lib/words.js";
import dagre from "../vendor/dagre.js";

export function mount(root, { signal, argument }) {
  const lead = "A fare is collected step by step. If a step is refused, the steps before it are taken back: a compensation.";
  const { element, list, detail } = sideBySide("Saga", lead);
  root.append(element);
  let definition = null;
  const show = (execution) => detail.replaceChildren(...(definition ? draw(definition, execution) : []));

  const start = async () => {
    try {
      ({ definition } = await get("/api/saga"));
    } catch (refusal) {
      return detail.replaceChildren(refused(refusal));
    }
    if (signal.aborted) return;
    show(null);
    if (argument) poll(signal, 1500, () => get(`/api/saga/executions/${encodeURIComponent(argument)}`), show, (refusal) => refusal.status !== 404 && detail.replaceChildren(refused(refusal)));
  };
  start();
  poll(signal, 2500, () => get("/api/saga/executions?limit=20"), showList, (refusal) => list.replaceChildren(html("li", {}, refused(refusal))));
  function showList(executions) {
    if (!executions.length) return list.replaceChildren(html("li", {}, nothing("No execution yet", "Complete a ride: its fare is collected.")));
    refill(list, executions.map((execution) => entry(execution, argument)));
  }
}

const ENDS = { SUCCEEDED: "succeeded", FAILED: "failed", RUNNING: "running", TIMED_OUT: "timed out", ABORTED: "aborted" };

function entry({ id, fare_id, status, started_at, ended_at }, chosen) {
  const took = ended_at ? duration(Date.parse(ended_at) - Date.parse(started_at)) : "so far";
  return choice(
    `#/saga/${encodeURIComponent(id)}`,
    id === chosen,
    html("span", { class: "what" }, `${ENDS[status] ?? status}`, html("span", { class: "quiet-text" }, ` ${took}`)),
    html("span", { class: "quiet-text" }, `${clock(started_at)} · fare ${shortId(fare_id ?? id)}`),
  );
}

function draw(definition, execution) {
  const taken = new Map((execution?.path ?? []).map((step) => [step.state, step]));
  const order = (execution?.path ?? []).map(({ state }) => state);
  const pairs = new Set(order.slice(1).map((state, i) => `${order[i]} ${state}`));
  const graph = arrange(definition);
  const { left, width, height } = extent(graph);
  const picture = svg("svg", { class: "saga", width: width + 16, viewBox: `${left - 8} -12 ${width + 16} ${height + 20}`, role: "img", "aria-label": "The saga's states. The list below says the same." });
  picture.append(arrowhead("saga-arrow", "arrow"), arrowhead("saga-taken", "arrow-taken"));
  for (const [i, edge] of definition.edges.entries()) picture.append(line(graph.edge(edge.from, edge.to, String(i)), edge, pairs.has(`${edge.from} ${edge.to}`)));
  for (const node of definition.nodes) picture.append(state(graph.node(node.id), node, taken.get(node.id), Boolean(execution)));
  const frame = html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Picture of the saga" }, picture);
  return [heading(execution), legend(execution), html("div", { class: "saga-and-path" }, frame, steps(execution))];
}

function legend(execution) {
  const box = (name) => svg("g", { class: `state ${name}` }, bar(""));
  const path = execution ? [[box("taken"), "on the path"], [stroke({ class: "way taken" }), "the way taken"]] : [];
  return keys([[box(""), "a step"], [box("compensation"), "a compensation"], [stroke({ class: "way catch" }), "after an error"], ...path]);
}

function heading(execution) {
  if (!execution) return html("h2", {}, "As it is deployed: choose an execution to see its path");
  return html("h2", {}, `The execution ${ENDS[execution.status] ?? execution.status}`);
}

const BOX = { width: 146, height: 34 };

function arrange({ nodes, edges }) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 14, ranksep: 24, edgesep: 10 });
  for (const { id } of nodes) graph.setNode(id, { ...BOX });
  for (const [i, { from, to, kind }] of edges.entries()) graph.setEdge(from, to, { weight: kind === "next" ? 4 : 1 }, String(i));
  dagre.layout(graph);
  return graph;
}

// dagre's width has the boxes only: an edge may run beside them.
function extent(graph) {
  const { width, height } = graph.graph();
  const bends = graph.edges().flatMap((edge) => graph.edge(edge).points.map(({ x }) => x));
  const left = Math.min(0, ...bends);
  return { left, width: Math.max(width, ...bends) - left, height };
}

function state({ x, y }, { id, type, compensation }, step, running) {
  const classes = ["state", compensation && "compensation", step && "taken", running && !step && "untaken", step?.error && "in-error"];
  const end = type === "Succeed" || type === "Fail";
  const group = svg("g", { class: classes.filter(Boolean).join(" "), transform: `translate(${x} ${y})` });
  group.append(svg("rect", { x: -BOX.width / 2, y: -BOX.height / 2, width: BOX.width, height: BOX.height, rx: end ? 16 : 7 }), svg("text", { y: 5 }, id.length > 20 ? `${id.slice(0, 19)}…` : id));
  group.append(svg("title", {}, `${id}, ${type}${compensation ? ", a compensation" : ""}`));
  if (step?.tries > 1) group.append(svg("text", { class: "tries", x: BOX.width / 2 - 4, y: -BOX.height / 2 - 3 }, `${step.tries} tries`));
  return group;
}

function line({ points }, { kind, label }, taken) {
  const d = rounded(points);
  const path = svg("path", { d, class: `way ${kind}${taken ? " taken" : ""}`, "marker-end": `url(#${taken ? "saga-taken" : "saga-arrow"})` });
  path.append(svg("title", {}, label || kind));
  return path;
}

// Through dagre's points, rounded halfway between each two.
function rounded(points) {
  const [first, last] = [points[0], points.at(-1)];
  const bends = points.slice(1, -1).map((point, i, inner) => {
    const next = inner[i + 1] ?? last;
    const end = inner[i + 1] ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : last;
    return `Q${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  return `M${first.x} ${first.y}${bends.length ? bends.join("") : `L${last.x} ${last.y}`}`;
}

function arrowhead(id, name) {
  const marker = { id, viewBox: "0 0 6 6", refX: 5, refY: 3, markerWidth: 6, markerHeight: 6, orient: "auto" };
  return svg("marker", marker, svg("path", { d: "M0 0.500L5 3 0 5.500Z", class: name }));
}

function steps(execution) {
  const rows = (execution?.path ?? []).map(({ state: name, entered_at, left_at, tries, error }) => {
    const took = left_at ? duration(Date.parse(left_at) - Date.parse(entered_at)) : "in it now";
    return html("li", {}, html("span", {}, name), html("span", { class: "quiet-text" }, [took, tries > 1 ? `${tries} tries` : null].filter(Boolean).join(", ")), error ? html("span", { class: "error-name" }, error) : null);
  });
  return html("ol", { class: "path" }, rows);
}
