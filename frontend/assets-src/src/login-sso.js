// Single sign-on at the sign-in page: an address whose domain has a provider is sent there.
const email = document.getElementById("email");
const form = document.querySelector("form[data-endpoint]");
const offer = document.getElementById("lx-login-sso");
const REASONS = {
  person_refused: ["Your company's sign-in did not let you in here.", "Ask an administrator of your organization to invite you."],
  sso_attempt_invalid: ["That sign-in took too long, or was begun in another browser.", "Try again."],
  identity_provider_disabled: ["Your organization has switched this sign-in off.", "Sign in in another way, or ask an administrator."],
  identity_provider_refused: ["Your company's sign-in did not let you in.", "Try again, or ask whoever runs it."],
  identity_provider_failed: ["Your company's sign-in could not be reached.", "Try again in a minute."],
};
const OTHER = ["Your company's sign-in failed.", "Ask an administrator, who can test it in the settings."];
let asked = "";

function explain() {
  const code = new URLSearchParams(location.search).get("sso");
  if (!code) return;
  const [message, remedy] = REASONS[code] || OTHER;
  const box = document.getElementById("lx-login-error");
  box.hidden = false;
  box.querySelector("strong").textContent = message;
  box.querySelector("span").textContent = remedy;
}

async function door(address) {
  const response = await fetch("/api/v1/auth/sso/start", {
    method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ email: address }),
  });
  return response.ok ? (await response.json()).url : null;
}

async function look() {
  const address = email.value.trim();
  if (address === asked || !email.checkValidity()) return;
  asked = address;
  const url = await door(address).catch(() => null);
  if (asked !== address) return;
  offer.hidden = !url;
  if (url) offer.querySelector("a").href = `${url}?login_hint=${encodeURIComponent(address)}`;
}

async function enter(event) {
  if (event.key !== "Enter" || form.elements.password.value || !email.checkValidity()) return;
  event.preventDefault(); // the password is still to come, unless the company asks for it
  await look();
  (offer.hidden ? form.elements.password : offer.querySelector("a")).focus();
}

if (offer) {
  explain();
  email.addEventListener("change", look);
  email.addEventListener("keydown", enter);
  if (email.value) look();
}
