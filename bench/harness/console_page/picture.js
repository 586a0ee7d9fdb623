// The milliseconds from the start of the navigation until the map's first picture is on the screen.
window.picture = new Promise((resolve) => {
  new PerformanceObserver((entries, observer) => {
    if (!entries.getEntriesByName("picture").length) return;
    observer.disconnect();
    // The frame after the mark has the picture, and the task after the frame comes when it is painted.
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  }).observe({ type: "mark", buffered: true });
});
