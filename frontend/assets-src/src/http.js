// The dashboard's own calls to the public API: same-origin cookie, the tab's organisation, problem documents as errors.
import { randomId } from "./browser.js";

const BASE = "/api/v1";

// For what a page asks by itself: an open tab that nobody looks at does not keep its session from ending.
export const UNATTENDED = { "Chatter-Unattended": "1" };

export class Problem extends Error {
  constructor({ status = 0, code = "", title = "", detail = "", remedy = "", request_id = "" } = {}) {
    super(detail || title || "The request did not succeed.");
    this.name = "Problem";
    Object.assign(this, { status, code, title, detail: this.message, remedy: remedy || "", requestId: request_id || "" });
  }
}

export function organization() {
  return document.querySelector('meta[name="lx-organization"]')?.content || "";
}

export function apiHeaders(extra = {}) {
  const id = organization();
  return { ...(id ? { "Chatter-Organization": id } : {}), ...extra };
}

export function offline() {
  return new Problem({ code: "unreachable", detail: "The server could not be reached.", remedy: "Check your connection, then try again." });
}

export async function problemOf(response) {
  let body = {};
  try {
    body = JSON.parse(await response.text());
  } catch {
    body = { detail: `The server answered ${response.status}.` };
  }
  return new Problem({ status: response.status, ...body });
}

export function leaveWhenSignedOut(problem) {
  if (problem.status !== 401) return false;
  location.assign(`/login?expired=1&next=${encodeURIComponent(location.pathname + location.search)}`);
  return true;
}

const asJson = (response) => (response.status === 204 ? null : response.json());

export async function call(method, path, { body, query, headers, signal, read = asJson } = {}) {
  const parameters = Object.entries(query || {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const url = BASE + path + (parameters.length ? `?${new URLSearchParams(parameters)}` : "");
  let response;
  try {
    response = await fetch(url, {
      method, signal, credentials: "same-origin", cache: "no-store",
      headers: apiHeaders({ Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw offline();
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    leaveWhenSignedOut(problem);
    throw problem;
  }
  return read(response);
}

const PAUSES = [400, 1200, 3000];
const AWAY = new Set([0, 502, 503, 504]);

// Asks again while no answer comes. The key stays the same, so whatever came through before is not done twice.
export async function insist(method, path, { headers, ...options } = {}) {
  const keyed = { ...options, headers: { ...headers, "Idempotency-Key": randomId() } };
  for (const pause of PAUSES) {
    try {
      return await call(method, path, keyed);
    } catch (problem) {
      if (!AWAY.has(problem.status)) throw problem;
    }
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
  return call(method, path, keyed);
}

export function apiUrl(path) {
  return BASE + path;
}
