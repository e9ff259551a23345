// Keeps the reviewer's name in a cookie of this browser; the next session begins with it.
// Not in the address, which is handed on, and so would be the name.

export default function ({ data }) {
  const said = `${data.cookie}=${encodeURIComponent(data.name)}`;
  if (document.cookie.split("; ").includes(said)) return;
  const age = data.name ? data.seconds : 0;
  document.cookie = `${said}; path=/; max-age=${age}; SameSite=Strict`;
}
