// The track page: its tabs switch without a request, and whatever a link or the address names is shown.
// Without this script, the tabs are pages, and CSS shows the tab of the element that the address names.
const panels = () => document.querySelector(".track-panels");
const holding = (id) => id && document.getElementById(id)?.closest("[data-panel]")?.dataset.panel;

function show(name) {
  panels().querySelectorAll("[data-panel]").forEach((panel) => panel.toggleAttribute("data-open", panel.dataset.panel === name));
  document.querySelectorAll(".track-tabs [data-tab]").forEach((tab) => {
    if (tab.dataset.tab === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  });
}
function isOpen(name) {
  return panels().querySelector(`[data-panel="${name}"]`).hasAttribute("data-open");
}
// The element that the address names may be on another tab.
function arrive() {
  const root = panels();
  if (!root || root.hasAttribute("data-scripted")) return;
  root.setAttribute("data-scripted", "");
  const id = decodeURIComponent(location.hash.slice(1));
  const name = holding(id);
  if (!name || isOpen(name)) return;
  show(name);
  document.getElementById(id).scrollIntoView({ block: "start" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!panels() || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const address = new URL(link.getAttribute("href"), location.href); // an SVG link has no plain href
  const name = link.closest("#track-detail") && (link.dataset.tab ?? holding(address.hash.slice(1)));
  if (!name || (address.pathname !== location.pathname && !link.matches("[data-tab]"))) return;
  show(name);
  if (link.matches("[data-seek-ms]")) return; // a pin: the player plays from there, and scrolls to the comment
  event.preventDefault();
  event.stopPropagation();
  history.replaceState(history.state, "", address);
  const goal = address.hash && document.querySelector(address.hash);
  if (!goal) return;
  goal.scrollIntoView({ block: "start" });
  goal.tabIndex = -1;
  goal.focus({ preventScroll: true });
}, true);
document.addEventListener("htmx:afterSettle", arrive);
arrive();
