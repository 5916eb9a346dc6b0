// Loaded in the head, before the first paint, so that a chosen theme never flashes the other one.
(() => {
  const KEY = "gatehouse.theme";
  const CHOICES = ["light", "dark"];
  const root = document.documentElement;

  // Storage can be switched off in the browser; the page then follows the system.
  const read = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };

  const write = (choice) => {
    try {
      if (CHOICES.includes(choice)) localStorage.setItem(KEY, choice);
      else localStorage.removeItem(KEY);
    } catch {
      // The choice then lasts for this page only.
    }
  };

  const apply = (choice) => {
    if (CHOICES.includes(choice)) root.dataset.theme = choice;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      const current = root.dataset.theme ?? "system";
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === current));
    }
  };

  apply(read());

  document.addEventListener("DOMContentLoaded", () => {
    for (const control of document.querySelectorAll("[data-theme-switch]")) {
      control.hidden = false;
      control.addEventListener("click", (event) => {
        const button = event.target.closest("[data-theme-choice]");
        if (!button) return;
        write(button.dataset.themeChoice);
        apply(button.dataset.themeChoice);
      });
    }
    apply(read());
  });

  addEventListener("storage", (event) => {
    if (event.key === KEY || event.key === null) apply(read());
  });
})();
