// The library: the detail pane, multiple selection, downloads that must be prepared, and keyboard shortcuts.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const strings = document.querySelector("#strings").dataset; // templates/parts/_strings.html
const say = (value) => document.dispatchEvent(new CustomEvent("studio-toast", { detail: { value } }));
const wide = matchMedia("(min-width: 1241px)");

// --- a title opens the right pane on wide screens, and its own page otherwise ---
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-detail]");
  if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || !$("#detail")) return;
  event.preventDefault();
  event.stopPropagation();
  htmx.ajax("GET", link.href, { target: "#detail", swap: "innerHTML" }).then(() => { $("#detail").scrollTop = 0; });
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-detail]")) {
    const ref = $("#detail [data-ref]")?.dataset.ref;
    $("#detail").replaceChildren();
    if (ref) $(`#t-${CSS.escape(ref)} .track-title a`)?.focus();
  }
});

// --- multiple selection ---
let selecting = false;
let last = null;
const boxes = () => $$("#picks input[name=track]");
function show() {
  const picked = boxes().filter((box) => box.checked).length;
  const on = Boolean($("#picks")) && (selecting || picked > 0);
  document.body.classList.toggle("selecting", on);
  $("#pick")?.setAttribute("aria-pressed", String(on));
  const count = $("#picked");
  if (count) count.textContent = strings.selected.replace("{count}", picked);
}
function stop() {
  selecting = false;
  boxes().forEach((box) => { box.checked = false; });
  show();
}
document.addEventListener("click", (event) => {
  if (event.target.matches("#picks input[name=track]")) {
    const all = boxes();
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((box) => { box.checked = event.target.checked; });
    }
    last = event.target;
    show();
  }
  if (event.target.closest("#pick")) {
    if (document.body.classList.contains("selecting")) stop();
    else { selecting = true; show(); }
  }
  if (event.target.closest("#pick-none")) { stop(); $("#pick")?.focus(); if (document.activeElement.id !== "pick") $("#library-more")?.focus(); }
  if (event.target.closest("#pick-all")) {
    const all = boxes();
    const every = all.every((box) => box.checked);
    all.forEach((box) => { box.checked = !every; });
    selecting = true;
    show();
  }
});
document.addEventListener("htmx:afterSettle", show);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.closest("#bulk") && event.detail.successful) stop();
});
// Enter in a field of the bar presses the button next to it, not the form's first button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("#bulk input")) return;
  event.preventDefault();
  $("button", event.target.parentElement).click();
});
// The clear link also empties the search box, which is outside the list that the link refreshes.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-clear]") && $("#search")) $("#search").value = "";
}, true);

// --- downloads that must be prepared ---
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-prepare]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  say(strings.preparing);
  for (let tries = 0; tries < 240; tries += 1) {
    const reply = await fetch(link.href, { method: "HEAD" }).catch(() => ({ status: 0 }));
    if (reply.status === 200) { location.assign(link.href); return; }
    if (reply.status !== 202) break;
    await new Promise((done) => setTimeout(done, 500));
  }
  say(strings.fileFailed);
});

// --- keyboard shortcuts ---
const inField = (target) => target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
const current = () => $(".track.is-marked") ?? $(".track.is-current");
// The mark is kept by id, because a refresh of the list overwrites the classes of its rows.
let marked = "";
function markRow(row) {
  $$(".is-marked").forEach((old) => old !== row && old.classList.remove("is-marked"));
  row?.classList.add("is-marked");
  marked = row?.dataset.ref ?? "";
}
document.addEventListener("htmx:afterSettle", () => {
  const row = marked && $(`.track[data-src][data-ref="${CSS.escape(marked)}"]`);
  if (row) row.classList.add("is-marked");
});
// The mark follows playback, so that Space pauses it; if a track merely ended, a row marked meanwhile keeps the mark.
document.addEventListener("track-started", ({ detail }) => {
  if (!marked || (detail.isAutomatic && marked !== detail.before)) return;
  const row = $(`.track[data-src][data-ref="${CSS.escape(detail.ref)}"]`);
  if (row) markRow(row);
});
function mark(step) {
  const rows = $$(".track[data-src]");
  const row = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(current()) + step))];
  if (!row) return;
  markRow(row);
  $(".track-title a", row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  // A setting of the account: while music is on, moving plays.
  const isOn = $("[data-player=toggle]").dataset.state === "playing" && $("#page").hasAttribute("data-plays-on-move");
  if (isOn && !row.classList.contains("is-current")) $("[data-play]", row).click();
}
const ARROWS = { ArrowLeft: -5, ArrowRight: 5 };
function seek(event) {
  if (event.defaultPrevented || event.shiftKey || $("#player").hidden || event.target.closest("input, [role=tab], [role=slider], pre")) return;
  event.preventDefault();
  document.dispatchEvent(new CustomEvent("player-seek", { detail: { by: ARROWS[event.key] } }));
}
const press = (selector) => $(selector, current() ?? document)?.click();
// On a comparison, a number plays a candidate, and p picks the current take.
function candidate(number) {
  const card = $(`.candidate[data-candidate="${number}"]`);
  (card && ($(".candidate-take.is-playing [data-play]", card) ?? $("[data-play]", card)))?.click();
}
function pick() {
  if (!$(".candidate")) return;
  const button = $(".candidate-take.is-current [data-pick]");
  if (button) button.click();
  else if ($("[data-pick]")) say(strings.needsPlaying);
}
let went = 0;
const GO = { l: "[data-go=studio]", s: "[data-go=spend]", p: "[data-go=projects]" };
const KEYS = {
  "/": () => { $("#search")?.focus(); $("#search")?.select(); },
  j: () => mark(1),
  k: () => mark(-1),
  f: () => press("[data-star]"),
  d: () => press("[data-download]"),
  "?": () => $("#keys")?.showModal(),
  p: pick,
  x: () => $("[data-player=switch]:not([hidden])")?.click(),
  ...Object.fromEntries([1, 2, 3, 4].map((number) => [number, () => candidate(number)])),
  g: () => { went = Date.now(); },
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && inField(event.target)) { event.target.blur(); return; }
  if (inField(event.target) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (GO[event.key] && Date.now() - went < 1200) { $(GO[event.key])?.click(); return; }
  if (ARROWS[event.key]) { seek(event); return; }
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});
show();
