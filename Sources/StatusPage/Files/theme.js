// Before anything is drawn: light or dark as this viewer has chosen here, else as the system says.
try {
  const chosen = localStorage.getItem("stoker-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; then the system decides.
}
