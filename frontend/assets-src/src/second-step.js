// The second step of a sign-in: a code of the app, a recovery code, or a passkey. It takes the place of what is in the box.
import { passkeyProblem, passkeysAreUsable, post, signInWithPasskey } from "./passkeys.js";

const WAYS = {
  totp: { lead: "Type the code that your authenticator app shows.", label: "Code", inputMode: "numeric", other: "Use a recovery code" },
  recovery_code: { lead: "Type one of your recovery codes. Each works once.", label: "Recovery code", inputMode: "text", other: "Use the authenticator app" },
};

export function askSecondFactor(box, asked, done) {
  box.replaceChildren(document.getElementById("lx-second-step").content.cloneNode(true));
  const form = box.querySelector("form");
  const input = box.querySelector("input");
  const other = box.querySelector("[data-other]");
  const passkey = box.querySelector("[data-passkey]");
  const codes = ["totp", "recovery_code"].filter((way) => asked.methods.includes(way));
  if (location.pathname === "/login") box.querySelector("a").href = location.href;

  function choose(way) {
    form.dataset.way = way;
    form.hidden = false;
    box.querySelector("[data-lead]").textContent = WAYS[way].lead;
    box.querySelector("label").textContent = WAYS[way].label;
    input.inputMode = WAYS[way].inputMode;
    other.textContent = WAYS[way].other;
    other.hidden = codes.length < 2;
    input.value = "";
    input.focus();
  }

  async function attempt(act) {
    const buttons = box.querySelectorAll("button");
    buttons.forEach((button) => { button.disabled = true; });
    box.querySelector("[role=alert]").hidden = true;
    try {
      await act();
      done();
    } catch (error) {
      say(box, passkeyProblem(error));
      buttons.forEach((button) => { button.disabled = false; });
      input.select();
    }
  }

  passkey.hidden = !(asked.methods.includes("passkey") && passkeysAreUsable());
  passkey.addEventListener("click", () => attempt(() => signInWithPasskey()));
  other.addEventListener("click", () => choose(form.dataset.way === "totp" ? "recovery_code" : "totp"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => post("/auth/second-factor", { challenge: asked.challenge, code: input.value }));
  });
  if (codes.includes("totp")) return choose("totp");
  // Somebody with passkeys alone: the codes are for the day on which these are lost.
  other.hidden = codes.length === 0;
  if (passkey.hidden) box.querySelector("[data-lead]").textContent = "You sign in with a passkey, which can't be used here.";
  return (passkey.hidden ? other : passkey).focus();
}

function say(box, problem) {
  if (!problem) return;
  const alert = box.querySelector("[role=alert]");
  alert.hidden = false;
  alert.querySelector("strong").textContent = problem.detail;
  alert.querySelector("span").textContent = problem.remedy;
}
