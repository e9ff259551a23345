// Scrolls to a part of the page, and again while what stands above it still grows; the field of
// what asks for something has the focus.

let last; // the time that was scrolled for

export default function ({ data }) {
  const place = document.querySelector(data.place);
  const page = place?.closest("[data-testid=stMain]");
  if (!page || data.time === last) return;
  last = data.time;
  whileUntouched(() => place.scrollIntoView({ block: data.block }), [page.firstElementChild]);
  if (data.focus) place.querySelector("input")?.focus({ preventScroll: true });
}
