// Notes the time of each frame in which the page draws what moves. It leaves frames of the browser out.
async () => {
  const { Motion } = await import("/map/motion.js");
  const { tick } = Motion.prototype;
  const times = (window.noted.frames = []);
  Motion.prototype.tick = function (time) {
    tick.call(this, time);
    times.push(Date.now());
  };
}
