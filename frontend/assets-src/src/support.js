// The page behind the link of an operator's visit. The token stands behind `#`, so that it reaches no server's log.
import { call } from "./http.js";

async function enter() {
  const page = document.querySelector("[data-organization]");
  try {
    await call("POST", "/support/enter", { body: { organization_id: page.dataset.organization, token: location.hash.slice(1) } });
    location.replace(`/?organization=${encodeURIComponent(page.dataset.organization)}`);
  } catch (problem) {
    document.getElementById("lx-support-title").textContent = "Not entered";
    document.getElementById("lx-support-lead").textContent = [problem.detail, problem.remedy].filter(Boolean).join(" ");
  }
}

enter();
