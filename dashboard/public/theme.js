// Before the first paint, so that no page flashes in the other theme. In a file of its own: the CSP allows no inline script.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("ironcore.theme");
  } catch {
    // Storage may be forbidden; the system's preference holds then.
  }
  const system = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : system;
})();
