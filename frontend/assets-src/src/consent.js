// The page on which an app or a device asks: a yes or a no goes to the API from here, then the browser to where the API says.
import { call } from "./http.js";
import { passkeyProblem, passkeysAreUsable, post, showPasskey } from "./passkeys.js";

const form = document.querySelector("form[data-allow]");
const body = JSON.parse(document.getElementById("lx-consent").textContent);
const buttons = form.querySelectorAll("button");
const proof = document.getElementById("lx-consent-proof");
const password = document.getElementById("password");
const passkey = form.querySelector("[data-passkey]");
const error = document.getElementById("lx-consent-error");

async function answer(path, said) {
  error.hidden = true;
  for (const button of buttons) button.disabled = true;
  try {
    const told = await call("POST", path, { body });
    if (told.redirect_to) location.assign(told.redirect_to);
    else done(said);
  } catch (problem) {
    if (problem.code === "recent_proof_required") proof.hidden = false;
    show(problem);
  }
}

function show(problem) {
  error.querySelector("strong").textContent = problem.detail;
  error.querySelector("span").textContent = problem.remedy;
  error.hidden = false;
  for (const button of buttons) button.disabled = false;
}

// A yes to what may change things follows a proof of who it is, when the last one is some time ago.
async function allow(prove) {
  error.hidden = true;
  try {
    await prove();
    password.value = "";
    proof.hidden = true;
  } catch (problem) {
    const told = passkeyProblem(problem);
    if (told) show(told);
    return;
  }
  await answer(form.dataset.allow, "The device is connected");
}

function done(said) {
  document.getElementById("lx-consent-question").hidden = true;
  document.getElementById("lx-consent-title").textContent = said;
  document.getElementById("lx-consent-lead").textContent = "You can close this page and go back to your device.";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  allow(async () => { if (!proof.hidden) await post("/auth/confirm", { password: password.value }); });
});
form.querySelector("[data-no]").addEventListener("click", () => {
  if (form.dataset.refusal) location.assign(form.dataset.refusal);
  else answer(form.dataset.refuse, "The device was refused");
});
document.getElementById("organization")?.addEventListener("change", (event) => event.target.form.submit());
passkey.hidden = !passkeysAreUsable();
passkey.addEventListener("click", () => allow(() => showPasskey("/auth/confirm/passkey")));
