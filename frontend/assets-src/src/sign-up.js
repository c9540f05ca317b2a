// Signing up: asks for a link that goes out by mail. The very first person of a server gets what it holds at once.
import { call } from "./http.js";
import { offerReveal } from "./reveal.js";

const form = document.querySelector("form[data-sign-up]");
let asked = { about: "", token: "" };

function show(problem) {
  const box = document.getElementById("lx-login-error");
  const fields = (problem.errors || []).map((error) => error.message).join(" ");
  box.hidden = false;
  box.querySelector("strong").textContent = problem.detail || "That did not work.";
  box.querySelector("span").textContent = [fields, problem.remedy].filter(Boolean).join(" ");
}

// Once for what was typed: whoever chooses another password goes on with the same link.
async function ask({ password, ...body }) {
  const about = JSON.stringify(body);
  if (asked.about !== about) asked = { about, token: (await call("POST", "/auth/sign-up", { body })).token };
  return asked.token;
}

function lookAtYourMails() {
  document.getElementById("lx-login-title").textContent = "Look at your mails";
  document.getElementById("lx-login-lead").textContent = form.dataset.then;
  form.hidden = true;
}

async function submit(event) {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  const typed = Object.fromEntries(new FormData(form));
  button.disabled = true;
  try {
    const token = await ask(typed);
    if (!token) return lookAtYourMails();
    await call("POST", "/auth/sign-up/finish", { body: { token, password: typed.password } });
    return location.replace("/");
  } catch (problem) {
    show(problem);
  }
  button.disabled = false;
  return undefined;
}

form.addEventListener("submit", submit);
offerReveal();
