// Copies the address of the view that is drawn, as Python wrote and read it again; what is too long
// for an address is kept on the server first. Where the browser forbids copying, shows the address.

const SHOWN = 7000; // milliseconds
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]); // names that every computer has for itself

export default function ({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector(".lens-copy");
  const said = parentElement.querySelector(".lens-copied");
  const field = parentElement.querySelector(".lens-address");
  if (!button) return;
  const say = (sentence) => {
    said.textContent = sentence;
    clearTimeout(button.timer);
    button.timer = setTimeout(() => (said.textContent = ""), SHOWN);
  };
  const copy = async () => {
    const address = new URL(window.location.href);
    address.hash = "";
    address.search = new URLSearchParams(data.parameters).toString();
    const held = Object.fromEntries(address.searchParams);
    const names = Object.keys({ ...held, ...data.parameters });
    if (names.some((name) => held[name] !== data.parameters[name])) return say(data.failed);
    // The address is that of what is drawn; a link needs no more of it than this.
    address.search = new URLSearchParams(data.shared).toString();
    field.hidden = true;
    try {
      await navigator.clipboard.writeText(address.href);
      say(LOCAL.has(address.hostname) ? `${data.done} ${data.local}` : data.done);
    } catch {
      field.value = address.href;
      field.hidden = false;
      field.select();
      say(data.manual);
    }
  };
  button.textContent = data.label;
  button.onclick = () => {
    if (data.parameters) return copy();
    button.waits = data.asked;
    say(data.keeping);
    setTriggerValue("keep", true);
  };
  if (button.waits !== undefined && button.waits !== data.asked) {
    button.waits = undefined;
    if (data.parameters) copy();
    else say(data.failed);
  }
}
