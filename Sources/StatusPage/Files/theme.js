// The theme, before anything is drawn: the viewer's choice, else the system's.
try {
  const chosen = localStorage.getItem("stoker-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; then the system decides.
}
