// Notes the time of each frame.
() => {
  const times = (window.noted.frames = []);
  const next = () => {
    times.push(Date.now());
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}
