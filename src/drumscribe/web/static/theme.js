/**
 * Light or dark: the system's choice until somebody makes another.
 *
 * Not a module, so that it runs before the page is first painted.
 */

{
  const key = "drumscribe.theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  const show = () => {
    root.dataset.theme = localStorage.getItem(key) ?? (system.matches ? "dark" : "light");
    root.dispatchEvent(new Event("theme"));
  };

  root.addEventListener("theme-toggle", () => {
    localStorage.setItem(key, root.dataset.theme === "dark" ? "light" : "dark");
    show();
  });
  system.addEventListener("change", show);
  show();
}
