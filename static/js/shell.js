// The tab bar follows the page: on the studio, the part in view is the current tab. Also registers the service worker.
navigator.serviceWorker?.register("/service-worker.js").catch(() => {}); // installable, but nothing depends on it

const tab = (name) => document.querySelector(`.tabs [data-tab="${name}"]`);
function follow() {
  const library = document.querySelector(".studio > #library");
  if (!library || !tab("create")) return;
  const isAtEnd = scrollY > 0 && scrollY + innerHeight > document.documentElement.scrollHeight - 8; // of a short library
  const isLibrary = isAtEnd || library.getBoundingClientRect().top < innerHeight / 2;
  tab(isLibrary ? "library" : "create").setAttribute("aria-current", "page");
  tab(isLibrary ? "create" : "library").removeAttribute("aria-current");
}
const small = matchMedia("(max-width: 759px)");
let isAsked = false;
document.addEventListener("scroll", () => {
  if (isAsked || !small.matches) return;
  isAsked = true;
  requestAnimationFrame(() => { isAsked = false; follow(); });
}, { passive: true });
document.addEventListener("htmx:afterSettle", follow);
follow();
