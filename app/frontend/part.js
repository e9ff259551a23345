// Scrolls to a part of the page, and again while what stands above it still grows: parts of a page
// arrive late. Whoever scrolls, presses a key or points somewhere is left alone.

const PATIENCE = 3000; // milliseconds
let last; // the time that was scrolled for

export default function ({ data }) {
  const place = document.querySelector(data.place);
  const page = place?.closest("[data-testid=stMain]");
  if (!page || data.time === last) return;
  last = data.time;
  const show = () => place.scrollIntoView({ block: "start" });
  const grown = new ResizeObserver(show);
  const hands = ["wheel", "touchstart", "pointerdown", "keydown"];
  const stop = () => {
    clearTimeout(timer);
    grown.disconnect();
    for (const one of hands) window.removeEventListener(one, stop, true);
  };
  const timer = setTimeout(stop, PATIENCE);
  for (const one of hands) window.addEventListener(one, stop, true);
  grown.observe(page.firstElementChild); // calls `show` at once, too
}
