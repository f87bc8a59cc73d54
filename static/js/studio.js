// Every page: htmx's manners, passing messages, menus, the tab's title. All of it a shortcut; pages work without it.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- morphing: what a person is typing, has picked or opened is never taken away by a refresh ---
Idiomorph.defaults.ignoreActiveValue = true;
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element, kind) => {
  if (name === "checked" && element.name === "track") return false;
  if (name === "open" && (kind === "remove" || element.name === "call")) return false;
  return true;
};

// --- pressing twice is pressing once: the second press never reaches what an answer has put there in between ---
const DOUBLE_PRESS_MS = 500;
let pressed = { at: -Infinity };
document.addEventListener("click", (event) => {
  const control = event.target.closest("button:not([type=button]), input[type=submit]");
  if (!control || !event.isTrusted) return;
  const { at, x, y, control: before } = pressed;
  const isSame = event.detail ? Math.hypot(event.clientX - x, event.clientY - y) < 10 : control === before;
  const card = control.closest(".job")?.querySelector(".job-prompt").id;
  pressed = { at: event.timeStamp, x: event.clientX, y: event.clientY, control, card };
  if (!isSame || event.timeStamp - at > DOUBLE_PRESS_MS) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
// A control that an answer has taken away leaves the focus on its card, not at the top of the page.
document.addEventListener("htmx:afterSettle", () => {
  if (!pressed.card || pressed.control.isConnected || document.activeElement !== document.body) return;
  document.getElementById(pressed.card)?.focus({ preventScroll: true });
  pressed.card = "";
});

// --- htmx: rest while nobody looks; say what went wrong when the studio cannot be reached ---
document.addEventListener("htmx:beforeRequest", (event) => {
  const isPoll = event.detail.elt.matches("[data-poll]");
  if (isPoll && (reconnecting || (document.hidden && event.detail.elt.dataset.poll !== "always"))) event.preventDefault();
});
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )studio_csrf=([^;]+)/);
  if (token) event.detail.headers["X-CSRFToken"] = token[1];
  // A refresh of a long-scrolled list asks for all the rows it already shows.
  if (event.detail.elt.matches("[data-rows]")) event.detail.parameters.rows = String($$(".track").length);
});
// An answer that is a whole page (an error, a sign-in) must not land inside a list or a pane; and one that is not the
// studio's own (a proxy's error page while the server restarts, a network's sign-in) lands nowhere.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (!xhr.getResponseHeader("X-Studio-Fragment")) {
    event.detail.shouldSwap = false;
    event.stopImmediatePropagation();
    lost(event.detail.requestConfig.elt);
    return;
  }
  if (target.id === "page" || !/^\s*<!doctype/i.test(xhr.responseText)) return;
  // A plain link inside a list or a pane leads to a page, whatever the list does with its own answers.
  if (event.detail.boosted) {
    Object.assign(event.detail, { target: $("#page"), selectOverride: "#page", swapOverride: "outerHTML show:window:top" });
    return;
  }
  event.detail.shouldSwap = false;
  if (xhr.status === 404 && event.detail.requestConfig.elt.matches("[data-poll]")) { location.reload(); return; }
  if (xhr.status >= 500) say("Something went wrong in the studio. Nothing was lost; try again.");
  else if (xhr.responseURL.includes("/accounts/")) location.assign(location.href);
  else say(new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("main p")?.textContent ?? "That did not work.");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => lost(event.detail.elt));
}

// --- the studio cannot be reached: the page stays as it is, says so, asks again and again, and goes on by itself ---
const LONGEST_PAUSE_MS = 15_000;
let reconnecting = false;
function lost(element) {
  if (!element.matches("[data-poll]")) say("The studio cannot be reached just now. Nothing was lost; try again.");
  if (reconnecting) return;
  reconnecting = true;
  const bar = document.createElement("p");
  bar.id = "reconnecting";
  bar.setAttribute("role", "status");
  bar.textContent = "Reconnecting…";
  document.body.append(bar);
  setTimeout(reconnect, 500, 1000);
}
async function reconnect(pause) {
  const isBack = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(5000) })
    .then(async (reply) => reply.ok && (await reply.text()) === "ok").catch(() => false);
  if (!isBack) {
    setTimeout(reconnect, pause * (0.75 + Math.random() / 2), Math.min(pause * 2, LONGEST_PAUSE_MS));
    return;
  }
  reconnecting = false;
  $("#reconnecting").remove();
  // Whatever follows the studio refreshes now: the lists by `library-changed`, the form's preview by `models-changed`.
  for (const name of ["running-changed", "library-changed", "models-changed"]) htmx.trigger(document.body, name);
}

// --- messages ---
function say(text) {
  if ($$("#toasts .toast").some((toast) => toast.textContent === text)) return; // it is still on the screen
  const box = document.createElement("div");
  box.className = "toast";
  box.textContent = text;
  $("#toasts").append(box);
}
document.addEventListener("studio-toast", (event) => say(event.detail.value));
const leave = (box) => setTimeout(() => (box.matches(":hover, :focus-within") ? leave(box) : box.remove()), 8000);
new MutationObserver((changes) => {
  changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.nodeType === 1).forEach(leave);
}).observe($("#toasts"), { childList: true });
$$("#toasts > *").forEach(leave);

// --- the tab's title says how running work is getting on; finished work is announced ---
let announced = "";
function report() {
  const running = $("#running");
  const percent = running?.dataset.percent;
  const plain = document.title.replace(/^\d+ % · /, "");
  const title = percent ? `${percent} % · ${plain}` : plain;
  if (document.title !== title) document.title = title;
  const fresh = running ? $$("[data-announce]", running).map((element) => element.dataset.announce).join(" ") : "";
  if (fresh && fresh !== announced) tell(fresh);
  announced = fresh;
}
function tell(text) {
  $("#said").textContent = text;
  if (document.hidden && window.Notification?.permission === "granted") new Notification("BGM Studio", { body: text });
}
document.addEventListener("htmx:afterSettle", report);
// News that came while the page stood open: said once, and shown by the browser where that is allowed.
document.addEventListener("htmx:afterSettle", () => $$("#bell [data-tell]").reverse().forEach((one) => {
  tell(one.dataset.tell);
  one.remove();
}));
document.addEventListener("library-changed", (event) => {
  if (event.target.id !== "running") return;
  tell("New tracks are ready to play.");
  if ($("#library-list [data-clear]")) say("New tracks are ready. If you don’t see them, clear the filter.");
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "create" && window.Notification?.permission === "default") Notification.requestPermission();
});

// --- menus and dialogs ---
document.addEventListener("click", (event) => {
  const link = event.target.closest(".menu a, .menu button");
  for (const menu of $$("details.menu-holder[open], details.switcher[open], details.idea[open]")) {
    if (!menu.contains(event.target) || (link && menu.contains(link))) menu.open = false;
  }
  if (event.target.closest("[data-open-keys]")) $("#keys").showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu-holder[open], details.switcher[open], details.idea[open]");
  if (menu) { menu.open = false; $("summary", menu).focus(); }
});
// Ctrl-click opens a new tab, also on links that htmx follows.
document.addEventListener("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest("a[hx-get]")) event.stopImmediatePropagation();
}, true);
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-theme-choice]")) document.documentElement.dataset.theme = event.target.value;
});
report();
