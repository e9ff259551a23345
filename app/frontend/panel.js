// The panel of the picked word: takes the focus when a word is opened, gives it back on Escape. At
// its head keys do what they do at the word.

const WORDS = ".lens-rows", PANEL = ".st-key-lens-word";
const MARGIN = 12; // pixels between the word and the panel
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

// The word stays in sight above its panel, whose parts arrive one by one.
function keepInSight(panel, heatmaps) {
  const page = panel.closest("[data-testid=stMain]");
  const show = () => {
    const word = heatmaps.stop?.getBoundingClientRect();
    const hidden = word ? word.bottom + MARGIN - panel.getBoundingClientRect().top : 0;
    if (hidden > 0) page?.scrollBy({ top: hidden });
  };
  whileUntouched(show, panel, page.firstElementChild);
}

export default function ({ data, parentElement }) {
  const panel = parentElement.closest(PANEL);
  const heatmaps = document.querySelector(WORDS)?.heatmaps;
  if (!panel || !heatmaps) return;
  if (!hears) document.addEventListener("keydown", pressed);
  hears = true;
  // Only when another word is shown: whoever scrolls away is left alone.
  const shown = JSON.stringify(data);
  if (shown !== panel.lensShown) keepInSight(panel, heatmaps);
  panel.lensShown = shown;
  if (!heatmaps.opened) return;
  heatmaps.opened = false;
  panel.scrollTop = 0;
  panel.querySelector("h2")?.focus({ preventScroll: true });
}
