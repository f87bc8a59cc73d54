// The library: the detail pane, selecting many, downloads that have to be made first, and the keys.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const say = (value) => document.dispatchEvent(new CustomEvent("studio-toast", { detail: { value } }));
const wide = matchMedia("(min-width: 1241px)");

// --- a title opens the pane on the right where there is room, its own page elsewhere ---
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

// --- selecting many ---
let selecting = false;
let last = null;
const boxes = () => $$("#picks input[name=track]");
function show() {
  const picked = boxes().filter((box) => box.checked).length;
  const on = Boolean($("#picks")) && (selecting || picked > 0);
  document.body.classList.toggle("selecting", on);
  $("#pick")?.setAttribute("aria-pressed", String(on));
  const count = $("#picked");
  if (count) count.textContent = `${picked} selected`;
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
  if (event.target.closest("#pick-none")) { stop(); $("#pick")?.focus(); }
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
// Enter in a field of the bar presses the button beside it, not the form's first one.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("#bulk input")) return;
  event.preventDefault();
  $("button", event.target.parentElement).click();
});
// The clear link empties the search box too, which lies outside the list it refreshes.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-clear]") && $("#search")) $("#search").value = "";
}, true);

// --- downloads that have to be made first ---
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-prepare]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  say("Preparing your file…");
  for (let tries = 0; tries < 240; tries += 1) {
    const reply = await fetch(link.href, { method: "HEAD" }).catch(() => ({ status: 0 }));
    if (reply.status === 200) { location.assign(link.href); return; }
    if (reply.status !== 202) break;
    await new Promise((done) => setTimeout(done, 500));
  }
  say("The file could not be prepared. Try again in a moment.");
});

// --- keys ---
const inField = (target) => target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
const current = () => $(".track.is-marked") ?? $(".track.is-current");
// The mark is kept by name: a refresh of the list writes the classes of its rows anew.
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
// The mark goes along with what plays, so that space pauses it; a row marked meanwhile keeps it when a track just ends.
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
}
const press = (selector) => $(selector, current() ?? document)?.click();
// On a comparison: a number plays a candidate, p picks the take that plays.
function candidate(number) {
  const card = $(`.candidate[data-candidate="${number}"]`);
  (card && ($(".candidate-take.is-playing [data-play]", card) ?? $("[data-play]", card)))?.click();
}
function pick() {
  if (!$(".candidate")) return;
  const button = $(".candidate-take.is-current [data-pick]");
  if (button) button.click();
  else if ($("[data-pick]")) say("Play the candidate first, then press p to pick it.");
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
  ...Object.fromEntries([1, 2, 3, 4].map((number) => [number, () => candidate(number)])),
  g: () => { went = Date.now(); },
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && inField(event.target)) { event.target.blur(); return; }
  if (inField(event.target) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (GO[event.key] && Date.now() - went < 1200) { $(GO[event.key])?.click(); return; }
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});
show();
