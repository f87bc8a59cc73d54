// Small helpers of every page: polling that rests in hidden tabs, the prompt's chips and counter, selecting, keys.
// Everything here is a shortcut; each form and link works without it.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const inField = (target) => target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");

document.documentElement.classList.add("scripted");

// --- htmx: rest while nobody looks; say what went wrong when the studio cannot be reached ---
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.closest("[data-poll]") === event.detail.elt && document.hidden) event.preventDefault();
});
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )studio_csrf=([^;]+)/);
  if (token) event.detail.headers["X-CSRFToken"] = token[1];
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (!event.detail.elt.hasAttribute("data-poll")) toast("The studio cannot be reached just now. Nothing was lost; try again.");
  });
}
document.addEventListener("studio-toast", (event) => toast(event.detail.value));

export function toast(text) {
  const box = document.createElement("div");
  box.className = "toast";
  box.textContent = text;
  $("#toasts").append(box);
  setTimeout(() => box.remove(), 7000);
}
// Toasts rendered by the server leave by themselves too.
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (node.nodeType === 1) setTimeout(() => node.remove(), 9000);
  }
}).observe($("#toasts"), { childList: true });

// --- the tab's title says how running work is getting on; finished work is announced ---
let plainTitle = document.title;
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id === "page") plainTitle = document.title;
  const running = $("#running");
  const percent = running?.dataset.percent;
  document.title = percent ? `${percent} % · ${plainTitle.replace(/^\d+ % · /, "")}` : plainTitle.replace(/^\d+ % · /, "");
  const fresh = $$("[data-announce]", running ?? undefined).map((element) => element.dataset.announce).join(" ");
  if (fresh && fresh !== $("#said").textContent) {
    $("#said").textContent = fresh;
    if (document.hidden && window.Notification?.permission === "granted") new Notification("BGM Studio", { body: fresh });
  }
  readCounter();
  showBulk();
});

// --- create: chips write into the prompt, the counter counts code points as the provider does ---
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-add]");
  if (!chip) return;
  event.preventDefault();
  const prompt = $("#prompt");
  const words = prompt.value.trimEnd();
  const present = words.toLowerCase().includes(chip.dataset.add.toLowerCase());
  if (!present) prompt.value = words ? `${words}${/[,.;:]$/.test(words) ? " " : ", "}${chip.dataset.add}` : chip.dataset.add;
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
  prompt.focus();
});
function readCounter() {
  const prompt = $("#prompt");
  const counter = $("#counter");
  if (!prompt || !counter) return;
  const used = [...prompt.value.trim()].length;
  const limit = Number(counter.dataset.limit);
  counter.textContent = `${used.toLocaleString()} / ${limit.toLocaleString()}`;
  counter.toggleAttribute("data-over", used > limit);
}
document.addEventListener("input", (event) => event.target.id === "prompt" && readCounter());
document.addEventListener("submit", (event) => {
  if (event.target.id === "create" && window.Notification?.permission === "default") Notification.requestPermission();
});

// --- selecting many ---
function showBulk() {
  const bulk = $("#bulk");
  if (!bulk) return;
  const picked = $$("input[name=track]:checked").length;
  bulk.classList.toggle("is-open", picked > 0);
  document.body.classList.toggle("selecting", picked > 0);
  const count = $("#picked");
  if (count) count.textContent = `${picked} selected`;
}
let lastPick = null;
document.addEventListener("click", (event) => {
  if (event.target.matches("input[name=track]")) {
    const boxes = $$("input[name=track]");
    if (event.shiftKey && lastPick) {
      const [a, b] = [boxes.indexOf(lastPick), boxes.indexOf(event.target)].sort((x, y) => x - y);
      boxes.slice(a, b + 1).forEach((box) => { box.checked = event.target.checked; });
    }
    lastPick = event.target;
    showBulk();
  }
  if (event.target.closest("#pick-all")) {
    const boxes = $$("input[name=track]");
    const all = boxes.every((box) => box.checked);
    boxes.forEach((box) => { box.checked = !all; });
    showBulk();
  }
  // A menu closes when something else is clicked.
  $$("details.menu-holder[open], details.switcher[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

// --- downloads that have to be made first ---
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-prepare]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  toast("Preparing your file…");
  for (let tries = 0; tries < 240; tries += 1) {
    const reply = await fetch(link.href, { method: "HEAD" });
    if (reply.status === 200) {
      location.assign(link.href);
      return;
    }
    if (reply.status !== 202) break;
    await new Promise((done) => setTimeout(done, 500));
  }
  toast("The file could not be prepared. Try again in a moment.");
});

// --- keys ---
let went = 0;
const rows = () => $$(".track[data-src]");
const current = () => $(".track.is-marked") ?? $(".track.is-current");
function mark(step) {
  const all = rows();
  const at = all.indexOf(current());
  const row = all[Math.max(0, Math.min(all.length - 1, at + step))];
  if (!row) return;
  $$(".is-marked").forEach((old) => old.classList.remove("is-marked"));
  row.classList.add("is-marked");
  $(".track-title a", row).focus();
  row.scrollIntoView({ block: "nearest" });
}
const GO = { l: "[data-go=studio]", s: "[data-go=spend]", p: "[data-go=projects]" };
const KEYS = {
  "/": () => $("#search")?.focus(),
  j: () => mark(1),
  k: () => mark(-1),
  f: () => (current() && $("[data-star]", current())?.click()) ?? $("[data-star]")?.click(),
  d: () => $(current() ? ".track.is-marked [data-download], .track.is-current [data-download]" : "[data-download]")?.click(),
  "?": () => $("#keys")?.showModal(),
  g: () => { went = Date.now(); },
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("#create")) {
    event.preventDefault();
    $("#create").requestSubmit();
    return;
  }
  if (event.key === "Escape" && inField(event.target)) { event.target.blur(); return; }
  if (inField(event.target) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (GO[event.key] && Date.now() - went < 1200) { $(GO[event.key])?.click(); return; }
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-keys]")) $("#keys").showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog, .toast")?.[event.target.closest("dialog") ? "close" : "remove"]();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-theme-choice]")) document.documentElement.dataset.theme = event.target.value;
});
$$("[data-guess-zone]").forEach((field) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (field.value === "UTC" && zone && $(`option[value="${CSS.escape(zone)}"]`, field)) field.dataset.guess = zone;
});
readCounter();
showBulk();
