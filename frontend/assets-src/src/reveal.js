// The button that shows and hides what is typed as a password.
export function offerReveal() {
  document.querySelector("[data-reveal]")?.addEventListener("click", (event) => {
    const input = document.getElementById("password");
    input.type = input.type === "password" ? "text" : "password";
    event.currentTarget.textContent = input.type === "password" ? "Show" : "Hide";
  });
}
