// Class name suffix -> Lucide icon file.
export const icons = {
  overview: "layout-dashboard", chat: "message-square", document: "file-text", search: "search", model: "cpu",
  members: "users", settings: "settings", plus: "plus", close: "x", menu: "menu", moon: "moon", sun: "sun",
  system: "monitor", "sign-out": "log-out", send: "arrow-up", stop: "square", copy: "copy", check: "check",
  retry: "rotate-cw", trash: "trash-2", edit: "pencil", download: "download", upload: "upload", open: "arrow-up-right",
  warning: "triangle-alert", error: "circle-alert", down: "chevron-down", right: "chevron-right", left: "chevron-left",
  more: "ellipsis", history: "history", quote: "text-quote", spark: "sparkles", share: "share-2", shield: "shield-check", key: "key-round",
  plug: "plug", star: "star", clock: "clock", command: "command", enter: "corner-down-left", pages: "book-open", "bottom": "arrow-down",
  sheet: "file-spreadsheet", slides: "presentation", mail: "mail", code: "file-code", book: "book", user: "user-round", building: "building-2",
  team: "network", invitation: "mail-plus", pause: "pause", play: "play", leave: "door-open", service: "bot", help: "life-buoy",
  folder: "folder", move: "folder-input", lock: "lock", undo: "undo-2", receipt: "receipt-text",
  steer: "navigation", queue: "list-plus", timeline: "chart-gantt", branch: "git-branch", compare: "columns-2",
};
