// The edit at once: cut, joins, loop, fades and gain over the decoded original, by Web Audio. The file that the studio
// renders is the truth; the notes say where the two differ. Decoded on first use, and once per track.
const audio = document.querySelector("#audio");
const $ = (selector) => document.querySelector(selector);
const text = (name) => $("#finish-strings").dataset[name];
const field = (name) => $(`#e-${name}`);
const form = () => $("#edit-form");
const CROSSFADE_S = 0.03;
const PLAYER_LUFS = -16; // as in player.js: what is louder is turned down
const LEAD_S = 3; // before the seam of a loop
const LONG = () => Number($("#room").dataset.ms) / 1000 > Number($("#transport").dataset.maxS);
const CURVES = {
  linear: (share) => share,
  equal_power: (share) => Math.sin((share * Math.PI) / 2),
  s: (share) => 0.5 - 0.5 * Math.cos(share * Math.PI),
};

let context = null;
let decoded = null; // { src, promise, buffer, peak }
let playing = null; // { source, at, began, take, isLoop }
let made = { key: "", take: null };
let asked = ""; // the form as it was when the preview on the page was requested

// --- decoding ---
function decode() {
  const { src } = $("#original").dataset;
  if (decoded?.src === src) return decoded.promise;
  context ??= new AudioContext();
  const mine = { src, buffer: null, peak: 0 };
  mine.promise = (async () => {
    const reply = await fetch(src);
    if (!reply.ok) throw new Error(reply.statusText);
    mine.buffer = await context.decodeAudioData(await reply.arrayBuffer());
    mine.peak = peakOf(mine.buffer);
    return mine.buffer;
  })();
  decoded = mine;
  mine.promise.catch(() => { if (decoded === mine) decoded = null; });
  return mine.promise;
}
function peakOf(buffer) {
  let most = 0.001;
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    for (const value of buffer.getChannelData(channel)) if (value > most) most = value; else if (-value > most) most = -value;
  }
  return most;
}
document.addEventListener("edit-decode", ({ detail }) => detail.then(decode()));

// --- what is heard: parts of the track, as the server found them or as the fields say ---
function seconds(typed) {
  const parts = typed.trim().replace(",", ".").split(":").map(Number);
  return typed.trim() && parts.every(Number.isFinite) ? parts.reduce((sum, part) => sum * 60 + part, 0) : null;
}
const number = (name) => Number((field(name)?.value ?? "").replace(",", ".").replace("−", "-")) || 0;
// The plan and the loop are the first ones until others are chosen.
const IGNORED = ["csrfmiddlewaretoken", "choice_of", "based_on"];
const state = () => [...new FormData(form())].filter(([name, value]) => value && value !== "0" && !IGNORED.includes(name)).map(String).sort().join("\n");
function reported() {
  const preview = $("#edit-preview[data-parts]");
  return preview && asked === state() ? preview.dataset : null;
}
function typedParts(length) {
  const grid = JSON.parse($("#edit-grid")?.dataset.grid ?? '{"beats":[],"points":[]}');
  const snap = field("snap").value;
  const points = snap === "none" ? [] : snap === "beat" && grid.beats.length ? grid.beats : grid.points;
  const near = (edge) => (points.length ? [...points, 0, length].reduce((best, one) => (Math.abs(one - edge) < Math.abs(best - edge) ? one : best)) : Math.min(edge, length));
  let parts = [[seconds(field("start").value) ?? 0, seconds(field("end").value) ?? length]];
  for (const range of field("skip").value.split(/\s*;\s*|,\s+/)) {
    const [first, last] = range.split(/\s*[-–—]\s*/).map(seconds);
    if (!(last > first)) continue;
    parts = parts.flatMap(([low, high]) => [[low, Math.min(high, first)], [Math.max(low, last), high]]).filter(([low, high]) => high > low);
  }
  const snapped = parts.map(([low, high]) => [near(low), near(high), null, 0]).filter(([low, high]) => high > low);
  return snapped.length ? snapped : [[0, length, null, 0]];
}
function build(buffer) {
  const report = reported();
  const parts = report && JSON.parse(report.parts).length ? JSON.parse(report.parts) : typedParts(buffer.duration);
  const looped = report && JSON.parse(report.looped);
  const key = JSON.stringify([decoded.src, parts, looped]);
  if (made.key === key) return made.take;
  const take = parts.length === 1 && !looped
    ? { buffer, offset: parts[0][0], length: Math.min(parts[0][1], buffer.duration) - parts[0][0], parts, start: 0, isLoop: false }
    : assembled(buffer, parts, looped);
  made = { key, take };
  return take;
}
// As generator/audio/editing/assemble.py and loop.py: a join borrows from beyond its sides, a loop folds its tail over its start.
function assembled(buffer, parts, looped) {
  const rate = buffer.sampleRate;
  const frames = parts.map(([low, high, fade, likeness]) => [Math.round(low * rate), Math.min(buffer.length, Math.round(high * rate)), fade, likeness]);
  const [first, last] = looped ? [looped[0], looped[1]].map((edge) => Math.round(edge * rate)) : [0, Infinity];
  const length = frames.reduce((sum, [low, high]) => sum + high - low, 0);
  const whole = new AudioBuffer({ numberOfChannels: buffer.numberOfChannels, length: Math.max(1, length), sampleRate: rate });
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    const source = buffer.getChannelData(channel);
    const out = whole.getChannelData(channel);
    let place = 0;
    frames.forEach(([low, high, fade, likeness], index) => {
      out.set(source.subarray(low, high), place);
      if (index && frames[index - 1][1] !== low) cross(out, source, place, frames[index - 1][1], low, fade ?? CROSSFADE_S, likeness, rate);
      place += high - low;
    });
    if (looped) cross(out, out, first, Math.min(last, length), first, looped[2], looped[3], rate, true);
  }
  const start = looped ? first / rate : 0;
  const end = looped ? Math.min(last, length) / rate : length / rate;
  return { buffer: whole, offset: start, length: end - start, parts, start, isLoop: Boolean(looped) };
}
function cross(out, source, place, left, right, fadeS, likeness, rate, isFold = false) {
  const half = isFold ? 0 : Math.max(0, Math.min(Math.round((fadeS * rate) / 2), place, out.length - place, right, source.length - left));
  const span = isFold ? Math.max(0, Math.min(Math.round(fadeS * rate), source.length - left)) : 2 * half;
  const mixed = new Float32Array(span);
  for (let frame = 0; frame < span; frame += 1) {
    const share = (frame + 0.5) / span;
    const down = Math.cos((share * Math.PI) / 2);
    const up = Math.sin((share * Math.PI) / 2);
    const power = Math.sqrt(1 + 2 * Math.max(0, likeness ?? 0) * down * up);
    mixed[frame] = (source[left - half + frame] * down + source[right - half + frame] * up) / power;
  }
  out.set(mixed, place - half);
}
// From the time in the edit to the time in the track, and back.
function sourceTime(take, time) {
  let rest = take.start + time;
  for (const [low, high] of take.parts) {
    if (rest <= high - low) return low + rest;
    rest -= high - low;
  }
  return take.parts.at(-1)[1];
}
function editTime(take, source) {
  let played = 0;
  for (const [low, high] of take.parts) {
    if (source < low) break;
    if (source < high) { played += source - low; break; }
    played += high - low;
  }
  const time = played - take.start;
  return time > 0 && time < take.length - 0.02 ? time : 0;
}

// --- loudness: as the file will be, then as the player plays a file of that loudness ---
function target() {
  const chosen = field("destination").selectedOptions[0];
  if (field("destination").value === "own" || (!field("destination").value && field("lufs").value)) return number("lufs") || null;
  return chosen?.dataset.lufs ? Number(chosen.dataset.lufs) : null;
}
function gain() {
  const { lufs } = $("#original").dataset;
  const before = lufs === "" ? null : Number(lufs);
  const wanted = target();
  const after = wanted ?? before;
  const player = after === null ? 0 : Math.min(0, PLAYER_LUFS - after);
  const asked_ = wanted === null || before === null ? 0 : wanted - before;
  const room = -20 * Math.log10(decoded.peak); // up to full scale
  const db = Math.min(asked_ + player, room);
  return { factor: 10 ** (db / 20) * Number(localStorage.getItem("volume") ?? 0.9), softer: asked_ + player - db };
}

// --- what differs from the file ---
function notes() {
  const list = [];
  const report = reported();
  const isFitted = field("length").value || field("loop").checked;
  if (isFitted && !report) list.push(text("wait"));
  if (isFitted && report && Math.abs(Number(report.tempo) - 1) > 0.0005) list.push(text("tempo"));
  if (number("tempo") || number("semitones")) list.push(text("speed"));
  if (number("bed")) list.push(text("bed"));
  if (field("voice")?.checked) list.push(text("voice"));
  const softer = decoded?.peak ? gain().softer : 0;
  if (softer >= 0.1) list.push(text("softer").replace("{db}", softer.toFixed(1)));
  else if (report && Number(report.limiter) > 0) list.push(text("limited").replace("{db}", Number(report.limiter).toFixed(1)));
  return list.length ? list : [text("same")];
}
function tell() {
  const holder = $("#hear-notes");
  if (!holder || !form()) return;
  holder.replaceChildren(...notes().map((note) => Object.assign(document.createElement("li"), { textContent: note })));
}

// --- playing ---
function heard() {
  const passed = playing.at + context.currentTime - playing.began;
  return playing.take.isLoop ? passed % playing.take.length : Math.min(passed, playing.take.length);
}
function shape(fade, take, from, when) {
  const [into, out] = [number("fade_in"), number("fade_out")].map((one) => (take.isLoop ? 0 : Math.min(one, take.length / 2)));
  const curve = CURVES[field("curve").value] ?? CURVES.linear;
  const values = (low, high) => Float32Array.from({ length: 64 }, (_, place) => curve(Math.min(1, Math.max(0, low + ((high - low) * place) / 63))));
  if (from < into) fade.setValueCurveAtTime(values(from / into, 1), when, into - from);
  if (!out) return;
  const begins = Math.max(0, take.length - out - from);
  const share = (take.length - from - begins) / out;
  fade.setValueCurveAtTime(values(share, 0), when + Math.max(begins, into - from) + 0.001, take.length - from - begins);
}
function start(buffer, fromSource, { isSeam = false } = {}) {
  halt();
  audio.pause();
  const take = build(buffer);
  const from = isSeam ? Math.max(0, take.length - LEAD_S) : editTime(take, fromSource);
  const source = new AudioBufferSourceNode(context, { buffer: take.buffer });
  const fade = new GainNode(context);
  const loudness = new GainNode(context, { gain: gain().factor });
  const bed = number("bed");
  const thin = bed ? new BiquadFilterNode(context, { type: "peaking", frequency: 2000, Q: 0.8, gain: -bed }) : null;
  [source, thin, fade, loudness, context.destination].filter(Boolean).reduce((one, next) => one.connect(next));
  const when = context.currentTime + 0.005;
  if (take.isLoop) Object.assign(source, { loop: true, loopStart: take.offset, loopEnd: take.offset + take.length });
  shape(fade.gain, take, from, when);
  if (take.isLoop) source.start(when, take.offset + from);
  else source.start(when, take.offset + from, take.length - from);
  const mine = { source, take, at: from, began: when };
  playing = mine;
  source.onended = () => { if (playing === mine) halt(true); };
  show();
  requestAnimationFrame(frame);
}
function halt(isOver = false) {
  if (!playing) return;
  const seconds = isOver ? sourceTime(playing.take, 0) : sourceTime(playing.take, Math.max(0, heard()));
  playing.source.onended = null;
  playing.source.stop();
  playing.source.disconnect();
  playing = null;
  moved(seconds);
  show();
}
const moved = (seconds) => document.dispatchEvent(new CustomEvent("edit-moved", { detail: { seconds, isPlaying: Boolean(playing) } }));
function frame() {
  if (!playing) return;
  if (!$("#room")) { halt(); return; }
  const time = Math.max(0, heard());
  moved(sourceTime(playing.take, time));
  const shown = $("#hear-position");
  if (shown) shown.textContent = `${Math.floor(time / 60)}:${(time % 60).toFixed(1).padStart(4, "0")}`;
  requestAnimationFrame(frame);
}
function show() {
  const button = $("#hear-edit");
  if (!button) return;
  button.setAttribute("aria-pressed", String(Boolean(playing)));
  button.dataset.state = playing ? "playing" : "paused";
  button.querySelector("span:last-child").textContent = playing ? text("stop") : text("hear");
}
async function hear(from, options) {
  const pressed = performance.now();
  const wasDecoded = Boolean(decoded?.buffer) && decoded.src === $("#original").dataset.src;
  if (!wasDecoded) $("#hear-state").textContent = text("loading");
  try {
    const buffer = decoded?.buffer && wasDecoded ? decoded.buffer : await decode();
    if (context.state !== "running") await context.resume();
    if (!$("#room")) return;
    $("#hear-state").textContent = "";
    start(buffer, from, options);
    tell();
    $("#hear-edit").dataset.tookMs = String(Math.round(performance.now() - pressed));
    $("#hear-edit").dataset.decoded = String(wasDecoded);
  } catch {
    $("#hear-state").textContent = text("unloadable");
  }
}
document.addEventListener("hear-edit", ({ detail }) => {
  if (detail.stop) halt();
  else if (!LONG()) hear(detail.from);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-hear-seam]")) hear(0, { isSeam: true });
});
audio.addEventListener("play", () => halt());

// --- the page: a changed field is heard at once; a new preview is the one that was asked for ---
function changed(event) {
  if (event.target.form?.id !== "edit-form") return;
  if (playing && event.type === "change") start(decoded.buffer, sourceTime(playing.take, Math.max(0, heard())));
  tell();
}
document.addEventListener("input", changed);
document.addEventListener("change", changed);
let requested = "";
document.addEventListener("htmx:beforeRequest", (event) => { if (["edit-form", "voice-form"].includes(event.target.id)) requested = state(); });
function settled(event) {
  if (!$("#room")) { halt(); decoded = null; made = { key: "", take: null }; } // frees the memory of the last track
  if (!$("#transport") || !form()) return;
  const target = event?.detail?.target?.id;
  if (!event || target === "room") asked = state();
  else if (target === "edit-preview" && $("#edit-preview").dataset.state !== "none") asked = requested || state();
  const isLong = LONG();
  $("#hear-edit").disabled = isLong;
  $("#show-spectrogram").disabled = isLong;
  show();
  if (isLong) $("#hear-state").textContent = text("tooLong");
  else tell();
}
document.addEventListener("htmx:afterSettle", settled);
settled();
