// The keyboard in the map: right and left walk along the edges, up and down between the ends of a node's edges, or to the next node.

/** Lets the keyboard walk over a picture. `choose(id)` is called for Enter, `leave()` for Escape. */
export function walk(picture, { choose, leave }) {
  const { element, nodes, edges } = picture;
  let current = [...nodes.keys()].find((id) => nodes.get(id).node.kind === "client") ?? [...nodes.keys()][0];
  // The node from which the last step was made: its other edges are what up and down choose from.
  let origin = null;

  const focus = (id) => {
    nodes.get(current)?.group.setAttribute("tabindex", "-1");
    current = id;
    nodes.get(id).group.setAttribute("tabindex", "0");
    nodes.get(id).group.focus({ preventScroll: true });
  };
  nodes.get(current)?.group.setAttribute("tabindex", "0");

  const ends = (id, forwards) => {
    const found = [];
    for (const { edge } of edges.values()) {
      if (forwards && edge.from === id) found.push(edge.to);
      if (!forwards && edge.to === id) found.push(edge.from);
    }
    return [...new Set(found)].sort((a, b) => nodes.get(a).y - nodes.get(b).y);
  };

  const along = (forwards) => {
    const from = current;
    const [next] = ends(from, forwards);
    if (!next) return;
    origin = { id: from, forwards };
    focus(next);
  };

  const across = (step) => {
    const siblings = origin ? ends(origin.id, origin.forwards) : [];
    const at = siblings.indexOf(current);
    if (at >= 0 && siblings[at + step]) return focus(siblings[at + step]);
    origin = null;
    const next = nearest(nodes, current, step);
    if (next) focus(next);
  };

  element.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const keys = {
      ArrowRight: () => along(true),
      ArrowLeft: () => along(false),
      ArrowDown: () => across(1),
      ArrowUp: () => across(-1),
      Enter: () => choose(current),
      " ": () => choose(current),
      Escape: leave,
    };
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  element.addEventListener("focusin", (event) => {
    const id = event.target.closest?.("[data-node]")?.getAttribute("data-node");
    if (!id || id === current) return;
    nodes.get(current)?.group.setAttribute("tabindex", "-1");
    nodes.get(id).group.setAttribute("tabindex", "0");
    current = id;
  });
  return { focus };
}

// The nearest node above or below; what lies straight above or below counts as nearer.
function nearest(nodes, id, step) {
  const here = nodes.get(id);
  let [best, least] = [null, Infinity];
  for (const [other, { x, y }] of nodes) {
    const down = (y - here.y) * step;
    if (down < 8) continue;
    const away = down + Math.abs(x - here.x) * 1.6;
    if (away < least) [best, least] = [other, away];
  }
  return best;
}
