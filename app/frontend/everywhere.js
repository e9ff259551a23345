// What holds on every page: it opens at its top, and a list that was chosen from by hand gives the
// focus back, and with it the keys that mean something on the page.

const LIST = "[role=combobox]";
const OPTION = "[role=option]:not(.lrp-word)";
const WORDS = ".lrp-word, .lens-picked-word"; // where arrow keys go from word to word

let shown; // the page
let before = null; // what had the focus before the list
let hears = false; // one listener, however often this part comes and goes

function taken({ target, relatedTarget }) {
  if (target.matches?.(LIST)) before = relatedTarget;
}

// Whoever chooses by keys goes on from the list. One that takes several choices stays open.
function chosen({ target }) {
  if (!target.closest?.(OPTION)) return;
  setTimeout(() => {
    const list = document.activeElement;
    if (!list?.matches(`${LIST}[aria-expanded=false]`)) return;
    if (before?.isConnected && before.matches(WORDS)) before.focus({ preventScroll: true });
    else list.blur();
  });
}

export default function ({ data }) {
  // A slow browser draws a page where the last one was left.
  if (shown !== undefined && shown !== data.page) {
    document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0 });
  }
  shown = data.page;
  if (hears) return;
  hears = true;
  document.addEventListener("focusin", taken);
  document.addEventListener("pointerup", chosen);
}
