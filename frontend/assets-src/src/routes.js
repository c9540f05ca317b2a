// Client-side navigation. A click on a plain link is taken by the page's router; these cover what is not a link.
const LOCATION = "lx:location";

for (const name of ["pushState", "replaceState"]) {
  const original = history[name];
  history[name] = function patched(...rest) {
    const result = original.apply(this, rest);
    window.dispatchEvent(new CustomEvent(LOCATION));
    return result;
  };
}

export function go(path) {
  const link = document.createElement("a");
  link.href = path;
  document.body.append(link);
  link.click();
  link.remove();
}

export function replacePath(path) {
  history.replaceState({ page: path }, "", path);
}

export function onLocation(handler) {
  window.addEventListener(LOCATION, handler);
  window.addEventListener("popstate", handler);
}

// The thread changes /chat to /chat/{id} without the server's router noticing, so a link to /chat must also reset it.
export function onNewChat(handler) {
  const listener = (event) => {
    const link = event.target.closest?.('a[href="/chat"]');
    if (link && !event.metaKey && !event.ctrlKey) handler();
  };
  document.addEventListener("click", listener, true);
  return () => document.removeEventListener("click", listener, true);
}
