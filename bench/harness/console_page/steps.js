// Notes for each step of a message when the page had it, and when its mark was first seen on the map.
async () => {
  const { Motion } = await import("/map/motion.js");
  const { start, join, mark, tick } = Motion.prototype;
  const notes = (window.noted.steps = []);
  // Messages that are not seen yet, because they wait for the step before them: their notes.
  const unseen = new Map();
  let note = null;

  Motion.prototype.start = function (step, now) {
    note = { story: step.correlation_id, outcome: step.outcome, at: Date.parse(step.at), came: Date.now(), shown: null };
    notes.push(note);
    start.call(this, step, now);
    const message = this.moving.at(-1);
    if (message?.step === step) unseen.set(message, [note]);
  };

  // A step without a mark of its own is shown by that of another one, or by a glow at once.
  Motion.prototype.join = function (message, count) {
    join.call(this, message, count);
    if (unseen.has(message)) unseen.get(message).push(note);
    else note.shown = Date.now();
  };
  Motion.prototype.mark = function (step) {
    mark.call(this, step);
    note.shown = Date.now();
  };

  Motion.prototype.tick = function (time) {
    tick.call(this, time);
    for (const [message, waiting] of unseen) {
      if (message.mark.isConnected && message.mark.hasAttribute("visibility")) continue;
      for (const seen of waiting) seen.shown = Date.now();
      unseen.delete(message);
    }
  };
}
