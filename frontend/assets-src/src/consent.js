// The page on which an app or a device asks: a yes or a no goes to the API from here, then the browser to where the API says.
import { call } from "./http.js";

const form = document.querySelector("form[data-allow]");
const body = JSON.parse(document.getElementById("lx-consent").textContent);
const buttons = form.querySelectorAll("button");
const error = document.getElementById("lx-consent-error");

async function answer(path, said) {
  error.hidden = true;
  for (const button of buttons) button.disabled = true;
  try {
    const told = await call("POST", path, { body });
    if (told.redirect_to) location.assign(told.redirect_to);
    else done(said);
  } catch (problem) {
    error.querySelector("strong").textContent = problem.detail;
    error.querySelector("span").textContent = problem.remedy;
    error.hidden = false;
    for (const button of buttons) button.disabled = false;
  }
}

function done(said) {
  document.getElementById("lx-consent-question").hidden = true;
  document.getElementById("lx-consent-title").textContent = said;
  document.getElementById("lx-consent-lead").textContent = "You can close this page and go back to your device.";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  answer(form.dataset.allow, "The device is connected");
});
form.querySelector("[data-no]").addEventListener("click", () => {
  if (form.dataset.refusal) location.assign(form.dataset.refusal);
  else answer(form.dataset.refuse, "The device was refused");
});
document.getElementById("organization")?.addEventListener("change", (event) => event.target.form.submit());
