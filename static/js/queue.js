// What comes next in the player, the other takes of what plays, and what has been heard.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const strings = $("#strings").dataset; // templates/parts/_strings.html
const audio = $("#audio");
const panel = $("#queue");
const opener = $("[data-player=queue]");
const switcher = $("[data-player=switch]");
const MOST_SHOWN = 50;

let now = null; // the current track
let list = []; // what plays in turn: the list that it was started from, as last seen
let isPinned = false; // a card's takes rather than the list on the page
let family = []; // the takes of the current track's run
const removed = new Set();

const album = () => $("#page").dataset.project || "BGM Studio";
const facts = (element) => ({ album: album(), ...element.dataset });
const rows = () => $$(".track[data-src], .candidate-take[data-src]").map(facts);
const has = (tracks, ref) => tracks.some((track) => track.ref === ref);
const go = (track, more = {}) => document.dispatchEvent(new CustomEvent("player-go", { detail: { track, ...more } }));
const planned = () => list.filter((track) => track.ref === now?.ref || !removed.has(track.ref));
function upcoming() {
  const tracks = planned();
  return tracks.slice(tracks.findIndex((track) => track.ref === now?.ref) + 1);
}

// While the list that was started from is on the page, the queue follows it; otherwise it is what was last seen.
function follow() {
  if (!now) return;
  const here = rows();
  if (!isPinned && has(here, now.ref)) list = here;
  if (!has(list, now.ref)) list = [now];
  meetFamily();
  if (!panel.hidden) draw();
}
document.addEventListener("track-started", ({ detail }) => {
  const isStep = detail.isAutomatic || has(list, detail.ref) && detail.list === null && isPinned;
  now = detail.track;
  if (detail.list) { list = detail.list; isPinned = true; removed.clear(); }
  else if (!isStep) { if (!has(list, now.ref)) removed.clear(); isPinned = false; }
  removed.delete(now.ref);
  follow();
});
document.addEventListener("htmx:afterSettle", follow);
document.addEventListener("player-step", ({ detail: { by, isAutomatic } }) => {
  const tracks = planned();
  const at = tracks.findIndex((track) => track.ref === now?.ref);
  const track = tracks[at + by] ?? (now ? null : rows()[0]);
  if (track) go(track, { isAutomatic });
});

// --- the panel ---
function draw() {
  const tracks = upcoming();
  const shown = tracks.slice(0, MOST_SHOWN).map((track) => {
    const item = $("#queue-item").content.firstElementChild.cloneNode(true);
    item.dataset.ref = track.ref;
    $("img", item).src = track.cover;
    $("strong", item).textContent = track.title;
    $("small", item).textContent = track.by;
    $("[data-queue-jump]", item).setAttribute("aria-label", strings.labelPlayTitle.replace("{title}", () => track.title));
    $("[data-queue-remove]", item).setAttribute("aria-label", strings.labelRemoveTitle.replace("{title}", () => track.title));
    return item;
  });
  $("ol", panel).replaceChildren(...shown);
  $("[data-queue=empty]", panel).hidden = shown.length > 0;
}
function open(isOpen) {
  panel.hidden = !isOpen;
  opener.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) draw();
}
function remove(item) {
  const next = item.nextElementSibling ?? item.previousElementSibling;
  const ref = next?.dataset.ref;
  removed.add(item.dataset.ref);
  draw();
  (ref ? $(`[data-ref="${CSS.escape(ref)}"] [data-queue-remove]`, panel) : $("[data-queue=close]", panel)).focus();
}
opener.addEventListener("click", () => {
  open(panel.hidden);
  if (!panel.hidden) $("button", panel).focus();
});
panel.addEventListener("click", (event) => {
  const item = event.target.closest("li");
  if (event.target.closest("[data-queue=close]")) { open(false); opener.focus(); }
  else if (event.target.closest("[data-queue-remove]")) remove(item);
  else if (event.target.closest("[data-queue-jump]")) {
    go(list.find((track) => track.ref === item.dataset.ref), { isAutomatic: true });
    $("button", panel).focus();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || panel.hidden || !event.target.closest("#player")) return;
  open(false);
  opener.focus();
});

// --- the other takes of what plays, at the same position ---
const inOrder = (one, other) => String(one.take).localeCompare(String(other.take), undefined, { numeric: true });
function meetFamily() {
  const here = now.run ? $$(`[data-src][data-run="${CSS.escape(now.run)}"]`).map(facts) : [];
  const known = [...here, ...family.filter((track) => track.run === now.run), now];
  family = [...new Map(known.reverse().map((track) => [track.ref, track])).values()].sort(inOrder);
  switcher.hidden = family.length < 2;
  const at = family.findIndex((track) => track.ref === now.ref) + 1;
  $("small", switcher).textContent = `${at}/${family.length}`;
  switcher.setAttribute("aria-label", strings.labelSwitch.replace("{number}", at).replace("{total}", family.length));
}
switcher.addEventListener("click", () => {
  const at = family.findIndex((track) => track.ref === now?.ref);
  const other = family[(at + 1) % family.length];
  if (!other || other.ref === now.ref) return;
  go(other, { seconds: audio.currentTime, isPaused: audio.paused, isAutomatic: true });
});

// --- what has been heard for two seconds is no longer new ---
const HEARD_SECONDS = 2;
const told = new Set();
function listened() {
  let seconds = 0;
  for (let part = 0; part < audio.played.length; part += 1) seconds += audio.played.end(part) - audio.played.start(part);
  return seconds;
}
async function hear(track) {
  if (!track || told.has(track.ref) || !("new" in track || $(`[data-new][data-ref="${CSS.escape(track.ref)}"]`))) return;
  told.add(track.ref);
  const token = document.cookie.match(/(?:^|; )studio_csrf=([^;]+)/)?.[1] ?? "";
  const request = { method: "POST", keepalive: true, headers: { "X-CSRFToken": token } };
  const reply = await fetch(track.src.replace(/audio$/, "played/"), request).catch(() => null);
  if (!reply?.ok) { told.delete(track.ref); return; }
  clearMarks();
}
// Also after a refresh that was requested before.
function clearMarks() {
  for (const row of $$("[data-new]")) {
    if (!told.has(row.dataset.ref)) continue;
    delete row.dataset.new;
    $(".new-mark", row)?.remove();
  }
}
audio.addEventListener("timeupdate", () => { if (listened() >= HEARD_SECONDS) hear(now); });
audio.addEventListener("ended", () => hear(now));
document.addEventListener("htmx:afterSettle", clearMarks);
