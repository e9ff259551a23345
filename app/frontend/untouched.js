// Calls `show` now and whenever a node grows, for a while: parts of a page arrive late. Whoever
// scrolls, presses a key or points somewhere is left alone.

const PATIENCE = 60_000; // milliseconds; the last part of a page waits for its turn on the server

function whileUntouched(show, nodes, every = 0) {
  const grown = new ResizeObserver(show);
  const again = every && setInterval(show, every); // for what moves without growing
  const hands = ["wheel", "touchstart", "pointerdown", "keydown"];
  const stop = () => {
    clearTimeout(timer);
    clearInterval(again);
    grown.disconnect();
    for (const one of hands) window.removeEventListener(one, stop, true);
  };
  const timer = setTimeout(stop, PATIENCE);
  for (const one of hands) window.addEventListener(one, stop, true);
  for (const node of nodes) grown.observe(node); // calls `show` at once, too
}
