// The finishing room: handles on the waveform, its bar grid, keys, taps, and files dropped on it. The fields stay the
// truth. What is heard at once is in finish_sound.js; the two meet in events: hear-edit, edit-moved.
const audio = document.querySelector("#audio");
const $ = (selector) => document.querySelector(selector);
const room = () => $("#room");
const original = () => $("#original");
const form = () => $("#edit-form");
const field = (name) => $(`#e-${name}`);
const text = (name) => $("#finish-strings").dataset[name];
const CUTS = ["start", "end"];
const FADES = ["fade_in", "fade_out"];
const MIN_CUT_S = 0.05;
const NO_PULSE_STEP_S = 0.5;

// The same forms that the server reads: "28.5", "1:30", "0:28.5".
function seconds(typed) {
  const parts = typed.trim().replace(",", ".").split(":").map(Number);
  return typed.trim() && parts.length < 4 && parts.every(Number.isFinite) ? parts.reduce((sum, part) => sum * 60 + part, 0) : null;
}
function written(value) {
  const minutes = Math.floor(value / 60);
  return `${minutes}:${(value - minutes * 60).toFixed(2).padStart(5, "0").replace(/\.?0+$/, "")}`;
}
const total = () => Number(room().dataset.ms) / 1000;
const typed = (name) => seconds(field(name)?.value ?? "");
const edge = (name) => typed(name) ?? (name === "start" ? 0 : total());
const grid = () => JSON.parse($("#edit-grid")?.dataset.grid ?? '{"beats":[],"bars":[],"points":[]}');
const at = (name) => ({
  start: () => edge("start"),
  end: () => edge("end"),
  fade_in: () => edge("start") + (typed("fade_in") ?? 0),
  fade_out: () => edge("end") - (typed("fade_out") ?? 0),
})[name]();

// --- drawing: covered ends, fades, bar lines and the position, in percent of the waveform ---
const percent = (value) => `${(100 * Math.min(1, Math.max(0, value / total()))).toFixed(3)}%`;
function handleOf(wave, name) {
  const known = wave.querySelector(`[data-handle="${name}"]`);
  if (known) return known;
  const handle = document.createElement("span");
  handle.className = CUTS.includes(name) ? `cut-handle cut-${name}` : "fade-handle";
  handle.dataset.handle = name;
  wave.append(handle);
  return handle;
}
function lines() {
  const { bars, beats } = grid();
  const isBar = new Set(bars);
  const marks = beats.map((beat) => `<line class="${isBar.has(beat) ? "bar-line" : "beat-line"}" x1="${percent(beat)}" x2="${percent(beat)}" y1="0" y2="100%"/>`);
  const ramp = (from, to, path) => (to > from
    ? `<svg class="fade-ramp" x="${percent(from)}" width="${percent(to - from)}" height="100%" viewBox="0 0 1 1" preserveAspectRatio="none"><path d="${path}"/></svg>` : "");
  const fades = ramp(edge("start"), at("fade_in"), "M0 0H1L0 1z") + ramp(at("fade_out"), edge("end"), "M0 0H1V1z");
  const here = percent(cursor);
  return `${marks.join("")}${fades}<line class="edit-cursor" x1="${here}" x2="${here}" y1="0" y2="100%"/>`;
}
let drawn = "";
function draw() {
  const wave = room()?.querySelector(".big-wave");
  if (!wave || !field("start")) return;
  let svg = wave.querySelector(".edit-lines");
  if (!svg) {
    svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.classList.add("edit-lines");
    svg.setAttribute("width", "100%");
    svg.setAttribute("height", "100%");
    svg.setAttribute("aria-hidden", "true");
    wave.append(svg);
    drawn = "";
  }
  const content = lines();
  if (content !== drawn) svg.innerHTML = content;
  drawn = content;
  for (const name of CUTS) {
    const handle = handleOf(wave, name);
    handle.style.left = name === "start" ? "0" : percent(edge("end"));
    handle.style.width = name === "start" ? percent(edge("start")) : percent(total() - edge("end"));
  }
  for (const name of FADES) {
    const handle = handleOf(wave, name);
    handle.style.left = `clamp(12px, ${percent(at(name))}, calc(100% - 12px))`;
    handle.hidden = field("loop").checked; // a loop has no fades
  }
}

// --- dragging: only the edge moves; a press on the covered part plays from there ---
function put(name, value) {
  if (CUTS.includes(name)) {
    const other = edge(name === "start" ? "end" : "start");
    const low = name === "start" ? 0 : other + MIN_CUT_S;
    const high = name === "start" ? other - MIN_CUT_S : total();
    const shown = written(Math.min(high, Math.max(low, value)));
    field(name).value = (name === "start" && shown === "0:00") || (name === "end" && value >= total() - 0.005) ? "" : shown;
  } else {
    const length = edge("end") - edge("start");
    const fade = name === "fade_in" ? value - edge("start") : edge("end") - value;
    const shown = Math.min(length / 2, Math.max(0, fade)).toFixed(1);
    field(name).value = Number(shown) ? shown : "";
  }
  draw();
}
const send = (name) => field(name).dispatchEvent(new Event("change", { bubbles: true }));
document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]");
  const wave = handle?.closest(".big-wave");
  if (!handle) return;
  const box = wave.getBoundingClientRect();
  const name = handle.dataset.handle;
  if (CUTS.includes(name) && Math.abs(event.clientX - box.left - (edge(name) / total()) * box.width) > 14) return;
  event.preventDefault();
  // A fade handle at the very edge is drawn inside the waveform.
  const grip = CUTS.includes(name) ? 0 : event.clientX - box.left - (at(name) / total()) * box.width;
  const move = (moved) => put(name, ((moved.clientX - grip - box.left) / box.width) * total());
  const stop = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", stop);
    removeEventListener("pointercancel", stop);
    send(name);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", stop);
  addEventListener("pointercancel", stop);
});

// --- the position: where the edit or the original is heard, or was left ---
let cursor = 0;
let isHearing = false; // of the edit, at once
const isOriginal = () => original()?.classList.contains("is-current");
let wasEdit = false; // what was heard last
let isComparing = false; // the edit with the original
const place = () => (isHearing || wasEdit || !isOriginal() ? cursor : audio.currentTime);
function go(value) {
  cursor = Math.min(total(), Math.max(0, value));
  if (isHearing) document.dispatchEvent(new CustomEvent("hear-edit", { detail: { from: cursor } }));
  else if (isOriginal()) audio.currentTime = cursor;
  draw();
  const shown = $("#hear-position");
  if (shown) shown.textContent = written(cursor);
}
function step(by, isBar) {
  const { beats, bars } = grid();
  const marks = isBar ? bars : beats;
  if (!marks.length) { go(place() + by * NO_PULSE_STEP_S * (isBar ? 4 : 1)); return; }
  const now = place();
  go((by > 0 ? marks.find((mark) => mark > now + 0.02) : marks.findLast((mark) => mark < now - 0.02)) ?? (by > 0 ? total() : 0));
}
document.addEventListener("edit-moved", ({ detail }) => {
  isHearing = detail.isPlaying;
  cursor = detail.seconds;
  draw();
});
audio.addEventListener("timeupdate", () => { if (room() && isOriginal()) { cursor = audio.currentTime; draw(); } });

// --- keys, before the page's own: space, arrows for beats and bars, i, o, l, t ---
document.addEventListener("hear-edit", () => { wasEdit = true; isComparing = true; });
audio.addEventListener("play", () => { wasEdit = false; isComparing &&= isOriginal(); });
const hear = () => document.dispatchEvent(new CustomEvent("hear-edit", { detail: isHearing ? { stop: true } : { from: place() } }));
function compare() {
  if (isHearing) {
    const seconds = cursor;
    document.dispatchEvent(new CustomEvent("hear-edit", { detail: { stop: true } }));
    document.dispatchEvent(new CustomEvent("player-go", { detail: { track: { ...original().dataset }, seconds } }));
  } else {
    document.dispatchEvent(new CustomEvent("hear-edit", { detail: { from: place() } }));
  }
}
const set = (name) => { put(name, place()); send(name); };
const KEYS = {
  " ": hear,
  ArrowLeft: (event) => step(-1, event.shiftKey),
  ArrowRight: (event) => step(1, event.shiftKey),
  i: () => set("start"),
  o: () => set("end"),
  l: () => field("loop").click(),
  t: () => tap(),
  x: () => compare(),
};
function isMine(event) {
  if (!field("start") || !KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.target.closest("dialog[open], textarea, select, [role=menu]")) return false;
  if (event.target.closest("input:not([type=checkbox], [type=range])")) return false;
  if (event.key === " ") return !event.target.closest("button, a, summary, input") && !$("#hear-edit").disabled && (wasEdit || $("#player").hidden);
  if (event.key === "t") return Boolean($("#tap"));
  if (event.key === "x") return isComparing;
  return !event.key.startsWith("Arrow") || !event.target.closest("input");
}
document.addEventListener("keydown", (event) => {
  if (!isMine(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  KEYS[event.key](event);
}, true);

// --- tapping: an even grid through the taps; the first one is the first beat of a bar ---
const RESTART_MS = 3000;
let taps = []; // { ms, s }: when, and where in the track
function tap() {
  const now = { ms: performance.now(), s: place() };
  if (!taps.length || now.ms - taps.at(-1).ms > RESTART_MS) taps = [];
  taps.push(now);
  $("#grid-more").open = true;
  $("#tapped").textContent = text("taps").replace("{count}", String(taps.length));
  if (taps.length < 4) return;
  const isPlaying = taps.at(-1).s > taps[0].s + 0.5;
  const times = taps.map((one) => (isPlaying ? one.s : one.ms / 1000));
  const gaps = times.slice(1).map((time, place_) => time - times[place_]).sort((a, b) => a - b);
  const gap = gaps[Math.floor(gaps.length / 2)];
  if (!(gap > 0.15)) return;
  const counts = times.map((time) => Math.round((time - times[0]) / gap));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [countMean, timeMean] = [mean(counts), mean(times)];
  const slope = mean(counts.map((count, place_) => (count - countMean) * (times[place_] - timeMean))) / mean(counts.map((count) => (count - countMean) ** 2));
  field("bpm").value = (60 / slope).toFixed(1);
  if (isPlaying) field("first_beat").value = written(Math.max(0, timeMean - slope * countMean));
}

// --- presses: a chosen plan or loop, a length to take over, the voice-over ---
document.addEventListener("change", (event) => {
  const target = event.target;
  if (target.closest("#edit-preview") && target.form?.id === "edit-form") htmx.trigger(form(), "change");
  if (target.closest?.("#edit-form")) draw();
});
document.addEventListener("click", (event) => {
  const fill = event.target.closest("[data-fill]");
  if (fill) { field(fill.dataset.fill).value = fill.dataset.value; send(fill.dataset.fill); }
  if (event.target.closest("#hear-edit")) hear();
  if (event.target.closest("#tap")) tap();
  if (event.target.closest("#job-voice")) { event.preventDefault(); $("#voice-file").click(); }
  if (event.target.closest("#voice-cancel")) htmx.trigger($("#voice-form"), "htmx:abort");
});
document.addEventListener("grid-changed", () => {
  draw();
  if (["start", "end", "skip", "length"].some((name) => field(name)?.value) || field("loop")?.checked) htmx.trigger(form(), "change");
});

// --- a file dropped anywhere on the room is the voice-over ---
const hasFiles = (event) => room() && $("#voice-file") && [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  room().dataset.drop = text("drop");
});
document.addEventListener("dragleave", (event) => { if (room() && !event.relatedTarget) delete room().dataset.drop; });
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  delete room().dataset.drop;
  const one = new DataTransfer();
  one.items.add(event.dataTransfer.files[0]);
  $("#voice-file").files = one.files;
  $("#voice-file").dispatchEvent(new Event("change", { bubbles: true }));
});
document.addEventListener("htmx:xhr:progress", (event) => {
  const box = event.target.id === "voice-form" && $("#voice-progress");
  if (!box || !event.detail.lengthComputable) return;
  box.hidden = false;
  box.querySelector("progress").value = (100 * event.detail.loaded) / event.detail.total;
});
document.addEventListener("htmx:afterRequest", (event) => { if (event.target.id === "voice-form" && $("#voice-progress")) $("#voice-progress").hidden = true; });

document.addEventListener("input", (event) => { if (event.target.form?.id === "edit-form") draw(); });
document.addEventListener("htmx:afterSettle", draw);
// The Content Security Policy forbids style attributes in restored pages.
document.addEventListener("htmx:beforeHistorySave", () => document.querySelectorAll("[data-handle], .edit-lines").forEach((one) => one.remove()));
draw();
