// What happens to conversations elsewhere: this browser's other tabs say so at once; what another device did is looked
// for when one comes back to this tab.
const CHANGED = "lx:conversations";
const channel = "BroadcastChannel" in window ? new BroadcastChannel(CHANGED) : null;

export function tellConversations(id) {
  window.dispatchEvent(new CustomEvent(CHANGED));
  channel?.postMessage(id);
}

export function onConversations(handler) {
  window.addEventListener(CHANGED, handler);
  channel?.addEventListener("message", handler);
}

// Calls `look` when another tab has changed the conversation that `current` names, and whenever one comes back.
export function onElsewhere(current, look) {
  const heard = (event) => { if (event.data && event.data === current()) look(); };
  const back = () => { if (document.visibilityState === "visible") look(); };
  channel?.addEventListener("message", heard);
  document.addEventListener("visibilitychange", back);
  window.addEventListener("focus", back);
  return () => {
    channel?.removeEventListener("message", heard);
    document.removeEventListener("visibilitychange", back);
    window.removeEventListener("focus", back);
  };
}
