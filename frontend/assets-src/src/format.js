// Numbers, sizes and times as people read them.
const whole = new Intl.NumberFormat("en-US");
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat("en-US", { day: "numeric", month: "short" });
const dayYear = new Intl.DateTimeFormat("en-US", { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "short" });

export const number = (value) => whole.format(value);
export const short = (value) => (value < 10000 ? whole.format(value) : compact.format(value));

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / 1024 ** 2).toFixed(bytes < 10 * 1024 ** 2 && bytes % 1024 ** 2 ? 1 : 0)} MB`;
}

export function ago(iso) {
  const then = new Date(iso);
  const minutes = Math.floor((Date.now() - then.getTime()) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  if (minutes < 7 * 24 * 60) return `${Math.floor(minutes / 1440)} d ago`;
  return then.getFullYear() === new Date().getFullYear() ? day.format(then) : dayYear.format(then);
}

export const moment = (iso) => full.format(new Date(iso));
export const dayLabel = (iso) => day.format(new Date(`${iso.slice(0, 10)}T00:00:00`));
