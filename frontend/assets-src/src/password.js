// A link by which a password is chosen: asking for one, and following it. Its token stands behind `#`, so that it reaches no server's log.
import { call } from "./http.js";

const form = document.querySelector("form[data-endpoint]");

function show(problem) {
  const box = document.getElementById("lx-login-error");
  box.hidden = false;
  box.querySelector("strong").textContent = problem.detail || "That did not work.";
  box.querySelector("span").textContent = problem.remedy || "";
}

async function submit(event) {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  const token = location.hash.slice(1);
  const body = { ...(token ? { token } : {}), ...Object.fromEntries(new FormData(form)) };
  button.disabled = true;
  try {
    await call("POST", form.dataset.endpoint, { body });
    if (form.dataset.next) return location.replace(form.dataset.next);
    document.getElementById("lx-password-title").textContent = form.dataset.done;
    document.getElementById("lx-password-lead").textContent = form.dataset.then;
    form.hidden = true;
  } catch (problem) {
    show(problem);
  }
  button.disabled = false;
  return undefined;
}

form.addEventListener("submit", submit);
