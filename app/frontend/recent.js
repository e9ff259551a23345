// Which models and sets this browser had, by their keys: kept here alone, in no cookie and no
// address, and told to the page. The newest come first.

export default function ({ data, setTriggerValue }) {
  const isPair = (one) => Array.isArray(one) && one.length === 2 && one.every((v) => typeof v === "string");
  let before = [];
  try {
    const stored = JSON.parse(localStorage.getItem(data.place) ?? "[]");
    if (Array.isArray(stored)) before = stored.filter(isPair);
  } catch {
    // nothing that can be read is there
  }
  const name = (one) => one.join(" ");
  const gone = new Set(data.gone.map(name));
  const used = data.used.filter((one) => !gone.has(name(one)));
  const first = new Set(used.map(name));
  const rest = before.filter((one) => !gone.has(name(one)) && !first.has(name(one)));
  const list = [...used, ...rest].slice(0, data.most);
  try {
    localStorage.setItem(data.place, JSON.stringify(list));
  } catch {
    // a browser that keeps nothing
  }
  if (JSON.stringify(list) !== JSON.stringify(data.known)) setTriggerValue("listed", list);
}
