// Signing in: a native form whose answer (the session cookie) the API itself sets.
import { passkeyProblem, passkeysAreUsable, signInWithPasskey } from "./passkeys.js";
import { offerReveal } from "./reveal.js";
import { askSecondFactor } from "./second-step.js";

const form = document.querySelector("form[data-endpoint]");

function safeNext() {
  const next = new URLSearchParams(location.search).get("next") || "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

function goOn(outcome) {
  if (outcome.state !== "second_factor") return location.replace(safeNext());
  waiting?.abort();
  return askSecondFactor(document.querySelector(".lx-login-box"), outcome, () => location.replace(safeNext()));
}

function show(message, remedy) {
  const box = document.getElementById("lx-login-error");
  box.hidden = false;
  box.querySelector("strong").textContent = message;
  box.querySelector("span").textContent = remedy || "";
}

async function submit(event) {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const response = await fetch(form.dataset.endpoint, {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (response.ok) return goOn(await response.json());
    const problem = await response.json().catch(() => ({}));
    const fields = (problem.errors || []).map((error) => error.message).join(" ");
    show(problem.detail || "That did not work.", [fields, problem.remedy].filter(Boolean).join(" "));
  } catch {
    show("The server could not be reached.", "Check your connection, then try again.");
  }
  button.disabled = false;
  return undefined;
}

// The button asks at once. Until it is pressed, the browser offers passkeys among the address field's suggestions, anew
// before each challenge has lapsed.
const button = document.querySelector("[data-passkey]");
let waiting;

async function usePasskey() {
  waiting?.abort();
  button.disabled = true;
  try {
    await signInWithPasskey();
    return location.replace(safeNext());
  } catch (error) {
    const problem = passkeyProblem(error);
    if (problem) show(problem.detail, problem.remedy);
  }
  button.disabled = false;
  return undefined;
}

async function offerPasskeys() {
  waiting = new AbortController();
  const { signal } = waiting;
  const lapse = setTimeout(() => { waiting.abort(); offerPasskeys(); }, 4 * 60 * 1000);
  try {
    await signInWithPasskey({ mediation: "conditional", signal });
    location.replace(safeNext());
  } catch (error) {
    clearTimeout(lapse);
    const problem = passkeyProblem(error);
    if (problem?.code === "passkeys_unavailable") button.hidden = true;
    else if (problem?.code) show(problem.detail, problem.remedy);
  }
}

if (button && passkeysAreUsable()) {
  button.hidden = false;
  button.addEventListener("click", usePasskey);
  window.PublicKeyCredential.isConditionalMediationAvailable?.().then((available) => available && offerPasskeys());
}

form?.addEventListener("submit", submit);
offerReveal();
