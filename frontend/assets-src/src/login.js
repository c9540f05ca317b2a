// Signing in and signing up: native forms whose answer (the session cookie) the API itself sets.
const form = document.querySelector("form[data-endpoint]");

function safeNext() {
  const next = new URLSearchParams(location.search).get("next") || "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
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
    if (response.ok) return location.replace(safeNext());
    const problem = await response.json().catch(() => ({}));
    const fields = (problem.errors || []).map((error) => error.message).join(" ");
    show(problem.detail || "That did not work.", [fields, problem.remedy].filter(Boolean).join(" "));
  } catch {
    show("The server could not be reached.", "Check your connection, then try again.");
  }
  button.disabled = false;
  return undefined;
}

form?.addEventListener("submit", submit);
document.querySelector("[data-reveal]")?.addEventListener("click", (event) => {
  const input = document.getElementById("password");
  input.type = input.type === "password" ? "text" : "password";
  event.currentTarget.textContent = input.type === "password" ? "Show" : "Hide";
});
