// Copies the page's address; where the browser forbids it, shows the address to copy by hand.

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector(".lens-copy");
  const said = parentElement.querySelector(".lens-copied");
  const field = parentElement.querySelector(".lens-address");
  if (!button) return;
  button.textContent = data.label;
  button.onclick = async () => {
    const address = window.location.href;
    field.hidden = true;
    try {
      await navigator.clipboard.writeText(address);
      said.textContent = data.done;
    } catch {
      field.value = address;
      field.hidden = false;
      field.select();
      said.textContent = data.manual;
    }
    clearTimeout(button.timer);
    button.timer = setTimeout(() => (said.textContent = ""), 8000);
  };
}
