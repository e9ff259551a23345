// The panel of the picked word: takes the focus when a word is opened, gives it back on Escape and
// by its button. At its head keys do what they do at the word.

const WORDS = ".lens-rows", PANEL = ".st-key-lens-word";
const MARGIN = 12; // pixels between the word and the panel
const SETTLED = 2000; // milliseconds after which nothing is drawn above the word any more
const HEADER = 60; // pixels of the bar that stays at the top of the page
let hears = false; // one listener, however often the panel comes and goes

function pressed(event) {
  const panel = document.querySelector(PANEL);
  if (event.defaultPrevented || !panel) return;
  if (event.key !== "Escape") {
    if (event.target.matches("h2") && panel.contains(event.target)) {
      document.querySelector(WORDS)?.heatmaps?.act(event);
    }
    return;
  }
  // What stood under the focus may be gone after an edit; a list that is open closes first.
  const here = event.target === document.body || panel.contains(event.target);
  if (!here || event.target.closest("[role=listbox], [aria-expanded=true]")) return;
  event.preventDefault();
  document.querySelector(WORDS)?.heatmaps?.close();
}

// The word stays wholly in sight above its panel, whose parts arrive one by one; so does its row
// where there is room for both.
function keepInSight(panel) {
  const begun = performance.now();
  const show = () => {
    const node = document.querySelector(WORDS)?.heatmaps?.stop;
    const shown = document.querySelector(PANEL); // parts are drawn anew while a page is loaded
    if (!node?.isConnected || !shown) return;
    const page = shown.closest("[data-testid=stMain]");
    const word = node.getBoundingClientRect();
    const row = node.closest(".lrp-words").getBoundingClientRect();
    const view = page.getBoundingClientRect();
    const top = view.top + HEADER;
    const room = view.bottom - top - 2 * MARGIN;
    shown.style.setProperty("--room", `${Math.floor(room - row.height)}px`);
    const start = shown.getBoundingClientRect().top - MARGIN;
    const fits = row.height <= start - top;
    const { top: first, bottom: last } = fits ? row : word;
    if (last > start) page.scrollBy({ top: last - start });
    else if (first < top && performance.now() < begun + SETTLED) {
      page.scrollBy({ top: first - top - (fits ? 0 : MARGIN) });
    }
  };
  const page = panel.closest("[data-testid=stMain]");
  whileUntouched(show, [panel, page.firstElementChild], 500);
}

// Whether there is more below, which its lower edge shows.
function tellsOfMore(panel) {
  const look = () => {
    const more = panel.scrollHeight - panel.scrollTop - panel.clientHeight > 8;
    panel.toggleAttribute("data-more", more);
  };
  panel.addEventListener("scroll", look, { passive: true });
  const grown = new ResizeObserver(look);
  const watch = () => {
    grown.observe(panel);
    for (const part of panel.children) grown.observe(part);
    look();
  };
  new MutationObserver(watch).observe(panel, { childList: true });
  watch();
}

export default function ({ data, parentElement }) {
  const panel = parentElement.closest(PANEL);
  if (!panel) return;
  const button = parentElement.querySelector(".lens-close");
  button.textContent = data.close;
  button.title = `${data.what} (Escape)`;
  button.setAttribute("aria-label", data.what);
  button.onclick = () => document.querySelector(WORDS)?.heatmaps?.close();
  if (!panel.lensTells) tellsOfMore(panel);
  panel.lensTells = true;
  if (!hears) document.addEventListener("keydown", pressed);
  hears = true;
  // Only when another word is shown: whoever scrolls away is left alone.
  const shown = JSON.stringify(data);
  if (shown !== panel.lensShown) keepInSight(panel);
  panel.lensShown = shown;
  const heatmaps = document.querySelector(WORDS)?.heatmaps; // a link's may come after the panel
  if (!heatmaps?.opened) return;
  heatmaps.opened = false;
  panel.scrollTop = 0;
  panel.querySelector("h2")?.focus({ preventScroll: true });
}
