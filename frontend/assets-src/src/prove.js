// The page behind the link that proves an address. The token stands behind `#`, so that it reaches no server's log.
import { call } from "./http.js";

function tell(title, lead) {
  document.getElementById("lx-prove-title").textContent = title;
  document.getElementById("lx-prove-lead").textContent = lead;
}

async function prove() {
  try {
    const proven = await call("POST", "/auth/email/prove", { body: { token: location.hash.slice(1) } });
    const names = proven.joined.map((organization) => organization.name).join(", ");
    tell("Your address is confirmed", names ? `${proven.email} now belongs to ${names}.` : `${proven.email} is yours.`);
  } catch (problem) {
    tell("Not confirmed", [problem.detail, problem.remedy].filter(Boolean).join(" "));
  }
  document.getElementById("lx-prove-on").hidden = false;
}

prove();
