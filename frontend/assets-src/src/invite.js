// The page behind an invitation's link. The token stands behind `#`, so that it reaches no server's log.
import { call } from "./http.js";
import { askSecondFactor } from "./second-step.js";

const page = document.querySelector("[data-organization]");
const link = { organization_id: page.dataset.organization, token: location.hash.slice(1) };

function element(id) {
  return document.getElementById(`lx-invite-${id}`);
}

function show(problem) {
  const box = element("error");
  box.hidden = false;
  box.querySelector("strong").textContent = problem.detail || "That did not work.";
  const fields = (problem.errors || []).map((error) => error.message).join(" ");
  box.querySelector("span").textContent = [fields, problem.remedy].filter(Boolean).join(" ");
}

async function look() {
  try {
    const found = await call("POST", "/invitations/look-up", { body: link });
    element("title").textContent = `Join ${found.organization_name}`;
    element("lead").textContent = `${found.email} was invited as ${found.role_name}.`;
    element(kindOf(found)).hidden = false;
    document.querySelectorAll("input[autocomplete=username]").forEach((input) => { input.value = found.email; });
  } catch (problem) {
    element("lead").textContent = "";
    show(problem);
  }
}

function kindOf(found) {
  const present = page.dataset.signedIn;
  if (present) return present === found.email ? "present" : "other";
  return found.known ? "known" : "new";
}

async function join(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button[type=submit]");
  const values = Object.fromEntries(new FormData(form));
  button.disabled = true;
  element("error").hidden = true;
  try {
    const path = form.id === "lx-invite-present" ? "/me/invitations/accept" : "/invitations/accept";
    const outcome = await call("POST", path, { body: { ...link, ...values } });
    const enter = () => location.replace(`/?organization=${encodeURIComponent(link.organization_id)}`);
    return outcome.state === "second_factor" ? askSecondFactor(document.querySelector(".lx-login-box"), outcome, enter) : enter();
  } catch (problem) {
    show(problem);
  }
  button.disabled = false;
  return undefined;
}

async function leave() {
  try {
    await call("POST", "/auth/sign-out");
    location.reload();
  } catch (problem) {
    show(problem);
  }
}

document.querySelectorAll("form").forEach((form) => form.addEventListener("submit", join));
element("leave").addEventListener("click", leave);
look();
