// Runs before the first paint, so that a dark page never flashes white. A file, since the policy allows no inline script.
(() => {
  const KEY = "holdfast.theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = localStorage.getItem(KEY);
    const theme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
  };
  dark.addEventListener("change", apply);
  addEventListener("holdfast:theme", apply);
  addEventListener("storage", apply);
  apply();
})();
