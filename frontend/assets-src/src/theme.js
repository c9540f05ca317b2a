// Runs before the first paint: the chosen appearance, or the system's.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("lx-theme") || "system"; } catch { return "system"; } };
  const apply = () => {
    const dark = chosen() === "dark" || (chosen() === "system" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    window.Quasar?.Dark?.set(dark);
  };
  window.lxTheme = { chosen, apply, choose(theme) { localStorage.setItem("lx-theme", theme); apply(); window.dispatchEvent(new CustomEvent("lx:theme")); } };
  system.addEventListener("change", apply);
  apply();
})();
