// Hands the text over when typing rests, as Ctrl+Enter does. Without this, leaving the box, the
// button and Ctrl+Enter still do.

export default function ({ data, parentElement }) {
  const host = parentElement.closest?.(".st-key-lens-text") ?? document;
  const box = host.querySelector("textarea");
  if (!box) return undefined;
  let timer;
  // Streamlit's hint "Press Ctrl+Enter to apply" is true of a long text alone.
  const hint = () => host.classList?.toggle("lens-live", box.value.length <= data.most);
  hint();
  const wait = () => {
    box.lensWaits = true;
    timer = setTimeout(hand, data.pause);
  };
  const hand = () => {
    box.lensWaits = false;
    if (box.value.length > data.most || document.activeElement !== box) return;
    const place = [box.selectionStart, box.selectionEnd];
    box.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }),
    );
    box.setSelectionRange(...place);
  };
  const typed = (event) => {
    hint();
    clearTimeout(timer);
    if (!event.isComposing) wait();
  };
  const composed = () => typed({ isComposing: false });
  box.lensStop?.();
  // Typed before this part arrived, or drawn again before typing had rested.
  if (box.lensWaits ?? document.activeElement === box) wait();
  box.addEventListener("input", typed);
  box.addEventListener("compositionend", composed);
  box.lensStop = () => {
    clearTimeout(timer);
    box.removeEventListener("input", typed);
    box.removeEventListener("compositionend", composed);
  };
  return box.lensStop;
}
