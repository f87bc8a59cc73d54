// Every page: htmx behavior, toasts, menus, the tab's title. All of it is optional; pages work without this script.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const strings = document.querySelector("#strings").dataset; // templates/parts/_strings.html

// --- morphing: a refresh never removes what the user is typing, has selected or has opened ---
Idiomorph.defaults.ignoreActiveValue = true;
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element, kind) => {
  if (name === "checked" && element.name === "track") return false;
  if (name === "open" && (kind === "remove" || element.name === "call")) return false;
  return true;
};

// --- ignore a double press: the second one must not hit a control that a response put there meanwhile ---
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
// If a response removes the focused control, focus its card instead of the top of the page.
document.addEventListener("htmx:afterSettle", () => {
  if (!pressed.card || pressed.control.isConnected || document.activeElement !== document.body) return;
  document.getElementById(pressed.card)?.focus({ preventScroll: true });
  pressed.card = "";
});

// --- htmx: no polling in a hidden tab; error messages when the studio cannot be reached ---
// A timer that htmx has not cleared yet may belong to an element that a morph has just told not to poll anymore: its
// request would have no target of its own, and would replace the page.
const asks = (element) => ["get", "post", "put", "patch", "delete"].some((verb) => element.hasAttribute(`hx-${verb}`));
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (!requestConfig.boosted && elt !== document.body && !asks(elt)) event.preventDefault();
  const isPoll = elt.matches("[data-poll]");
  if (isPoll && (reconnecting || (document.hidden && elt.dataset.poll !== "always"))) event.preventDefault();
});
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )studio_csrf=([^;]+)/);
  if (token) event.detail.headers["X-CSRFToken"] = token[1];
  // A refresh of a long list requests all rows that it already shows.
  if (event.detail.elt.matches("[data-rows]")) event.detail.parameters.rows = String($$(".track[data-ref]").length);
});
// A response that is a whole page (an error, a sign-in) must not be swapped into a list or pane. A response that is not
// the studio's (a proxy's error page during a restart, a captive portal) must not be swapped in at all.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (!xhr.getResponseHeader("X-Studio-Fragment")) {
    event.detail.shouldSwap = false;
    event.stopImmediatePropagation();
    lost(event.detail.requestConfig.elt);
    return;
  }
  if (target.id === "page") {  // a response without a page would leave nothing of it
    if (!xhr.responseText.includes('id="page"')) event.detail.shouldSwap = false;
    return;
  }
  if (!/^\s*<!doctype/i.test(xhr.responseText)) return;
  // A plain link inside a list or pane opens a page, however the list handles its own responses.
  if (event.detail.boosted) {
    Object.assign(event.detail, { target: $("#page"), selectOverride: "#page", swapOverride: "outerHTML show:window:top" });
    return;
  }
  event.detail.shouldSwap = false;
  if (xhr.status === 404 && event.detail.requestConfig.elt.matches("[data-poll]")) { location.reload(); return; }
  if (xhr.status >= 500) say(strings.serverError);
  else if (xhr.responseURL.includes("/accounts/")) location.assign(location.href);
  else say(new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("main p")?.textContent ?? strings.failed);
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => lost(event.detail.elt));
}

// --- the studio cannot be reached: keep the page, show a message, retry, and continue automatically ---
const LONGEST_PAUSE_MS = 15_000;
let reconnecting = false;
function lost(element) {
  if (!element.matches("[data-poll]")) say(strings.unreachable);
  if (reconnecting) return;
  reconnecting = true;
  const bar = document.createElement("p");
  bar.id = "reconnecting";
  bar.setAttribute("role", "status");
  bar.textContent = strings.reconnecting;
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
  // Refresh everything that shows live data: the lists by `library-changed`, the form's preview by `models-changed`.
  for (const name of ["running-changed", "library-changed", "models-changed"]) htmx.trigger(document.body, name);
}

// --- messages ---
function say(text, code) {
  if ($$("#toasts .toast").some((toast) => toast.textContent === text)) return; // still on the screen
  const box = document.createElement("div");
  box.className = "toast";
  box.textContent = text;
  if (code) box.dataset.code = code;
  $("#toasts").append(box);
}
document.addEventListener("studio-toast", (event) => say(event.detail.value, event.detail.code));
const leave = (box) => setTimeout(() => (box.matches(":hover, :focus-within") ? leave(box) : box.remove()), 8000);
new MutationObserver((changes) => {
  changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.nodeType === 1).forEach(leave);
}).observe($("#toasts"), { childList: true });
$$("#toasts > *").forEach(leave);

// --- show the progress of running work in the tab's title, and announce finished work ---
let announced = "";
function report() {
  const running = $("#running");
  const percent = running?.dataset.percent;
  const plain = document.title.replace(/^\d+ % · /, "");
  const title = percent ? `${percent}% · ${plain}` : plain;
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
// Notifications that arrive while the page is open: announce each once, and show it in the browser if allowed.
document.addEventListener("htmx:afterSettle", () => $$("#bell [data-tell]").reverse().forEach((one) => {
  tell(one.dataset.tell);
  one.remove();
}));
document.addEventListener("library-changed", (event) => {
  if (event.target.id !== "running") return;
  tell(strings.newTracks);
  if ($("#library-list [data-clear]")) say(strings.newTracksHidden);
});
// --- the press of Generate makes room for what is coming, so that nothing moves when the answer or a take arrives ---
let coming = [];
function makeRoom() {
  const models = $$("#create [name=model]:checked").length || 1;
  const takes = Number($("#create [name=takes]:checked")?.value ?? 1) * models;
  const rows = $("#library-list[data-has-places] .tracks");
  const copy = (name) => $(`#coming-${name}`).content.firstElementChild.cloneNode(true);
  coming = [copy("card"), ...Array.from({ length: rows ? takes : 0 }, () => copy("row"))];
  coming.forEach((one) => { $(".job-prompt, .place-title", one).textContent = $("#prompt").value; });
  // Behind the white space that comes first, or the morph would not recognize them.
  $("#running").firstChild.after(coming[0]);
  rows?.firstChild.after(...coming.slice(1).flatMap((row) => [row, "\n"]));
}
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, pathInfo } = event.detail;
  if (elt.id === "create" && pathInfo.requestPath === elt.getAttribute("hx-post") && $("#coming-card")) makeRoom();
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, target, requestConfig } = event.detail;
  if (target?.id === "running" && requestConfig.verb === "post") htmx.trigger(document.body, "places-changed"); // canceled
  if (elt.id !== "create") return;
  const { status } = event.detail.xhr; // an answer that shows errors counts as successful
  if (status >= 200 && status < 300) htmx.trigger(document.body, "places-changed");
  else coming.forEach((one) => one.remove());
  coming = [];
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "create" && window.Notification?.permission === "default") Notification.requestPermission();
});

// --- menus and dialogs ---
const OPEN_MENU = "details.menu-holder[open], details.switcher[open], details.idea[open]";
document.addEventListener("click", (event) => {
  const link = event.target.closest(".menu a, .menu button");
  for (const menu of $$(OPEN_MENU)) {
    if (!menu.contains(event.target) || (link && menu.contains(link))) menu.open = false;
  }
  if (event.target.closest("[data-open-keys]")) $("#keys").showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest(OPEN_MENU);
  if (menu) { menu.open = false; $("summary", menu).focus(); }
});
// A menu that the focus has left would hide where it is.
document.addEventListener("focusin", (event) => {
  for (const menu of $$(OPEN_MENU)) if (!menu.contains(event.target)) menu.open = false;
});
// Ctrl-click opens a new tab, even on links that htmx handles.
document.addEventListener("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest("a[hx-get]")) event.stopImmediatePropagation();
}, true);
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-theme-choice]")) document.documentElement.dataset.theme = event.target.value;
});
report();
