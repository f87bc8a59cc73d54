// The mixer: plays all players of a composed track together, each with mute, solo and level. All start by the same
// Web Audio clock, so they stay in sync. The settings are kept per tab, and sent when they are saved as a version.
// Without this script, the list still plays and downloads one player at a time.
const MOST_SECONDS = 1500; // of all players together; as samples, about half a gigabyte
const audio = document.querySelector("#audio");
const strings = document.querySelector("#strings").dataset; // templates/parts/_strings.html
let desk = null; // at most one: { root, context, channels, at, began, running }

const rows = (root) => [...root.closest("#stems").querySelectorAll(".stem[data-mixed]")];
const control = (root, name) => root.querySelector(`[data-mixer="${name}"]`);
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const pressed = (button) => button.getAttribute("aria-pressed") === "true";
const length = () => Math.max(0.001, ...desk.channels.map((one) => one.buffer.duration));
const place = () => (desk.running ? Math.min(length(), desk.at + desk.context.currentTime - desk.began) : desk.at);

function setUp() {
  if (desk && !desk.root.isConnected) close();
  document.querySelectorAll("[data-mixer-desk]").forEach((root) => {
    const all = rows(root);
    const seconds = all.reduce((sum, row) => sum + Number(row.dataset.seconds), 0);
    const fits = seconds <= MOST_SECONDS && "AudioContext" in window;
    root.hidden = !fits;
    all.forEach((row) => { row.querySelector(".mix").hidden = !fits; recall(row); });
    write(all);
  });
}

// --- settings: kept per tab and player ---
const kept = (row) => `mix ${row.dataset.ref}`;
function keep(row) {
  const set = [levelOf(row), ...["mute", "solo"].map((one) => pressed(row.querySelector(`[data-${one}]`)))];
  sessionStorage.setItem(kept(row), JSON.stringify(set));
}
// The fader moves in steps of 5; the number beside it is exact, and counts unless it is empty or out of range.
const isExact = (number) => number.value !== "" && number.checkValidity();
function levelOf(row) {
  const number = row.querySelector("[data-level-number]");
  return Number(isExact(number) ? number.value : row.querySelector("[data-level]").value);
}
function setLevel(row, level) {
  row.querySelectorAll("[data-level], [data-level-number]").forEach((field) => { field.value = level; });
}
function recall(row) {
  const [level, mute, solo] = JSON.parse(sessionStorage.getItem(kept(row)) ?? "[]");
  if (level === undefined) return;
  setLevel(row, level);
  row.querySelector("[data-mute]").setAttribute("aria-pressed", String(mute));
  row.querySelector("[data-solo]").setAttribute("aria-pressed", String(solo));
}
// The effective level in percent: solo silences all others, and mute overrides solo.
function heard(row, all) {
  const alone = all.some((one) => pressed(one.querySelector("[data-solo]")));
  const plays = !pressed(row.querySelector("[data-mute]")) && (!alone || pressed(row.querySelector("[data-solo]")));
  return plays ? levelOf(row) : 0;
}
// Write the effective levels to the form next to the mixer.
function write(all) {
  all.forEach((row) => {
    const field = row.querySelector("[data-heard]");
    if (field) field.value = String(heard(row, all));
  });
}
function changed(part) {
  const row = part.closest(".stem");
  keep(row);
  write(rows(row));
  if (desk?.channels.length) balance();
}

function close() {
  desk.context.close();
  desk = null;
}

async function open(root) {
  if (desk?.root === root) return;
  if (desk) close();
  const context = new AudioContext();
  const mine = { root, context, channels: [], at: 0, began: 0, running: false };
  desk = mine;
  control(root, "said").textContent = strings.mixerLoading;
  mine.channels = await Promise.all(rows(root).map(async (row) => {
    const reply = await fetch(row.dataset.src);
    if (!reply.ok) throw new Error(reply.statusText);
    const gain = context.createGain();
    gain.connect(context.destination);
    return { ref: row.dataset.ref, gain, buffer: await context.decodeAudioData(await reply.arrayBuffer()), source: null };
  }));
  control(root, "said").textContent = "";
}

function balance() {
  const all = rows(desk.root);
  desk.channels.forEach((channel) => {
    const row = all.find((one) => one.dataset.ref === channel.ref);
    if (row) channel.gain.gain.setTargetAtTime(heard(row, all) / 100, desk.context.currentTime, 0.01);
  });
}
function start(at) {
  const mine = desk;
  const when = mine.context.currentTime + 0.05; // the same start time for all players
  mine.at = at >= length() - 0.05 ? 0 : at;
  mine.began = when;
  mine.running = true;
  mine.channels.forEach((channel) => {
    channel.source = mine.context.createBufferSource();
    channel.source.buffer = channel.buffer;
    channel.source.connect(channel.gain);
    channel.source.start(when, mine.at);
  });
  balance();
  requestAnimationFrame(paint);
}
function halt() {
  desk.at = place();
  desk.running = false;
  desk.channels.forEach((channel) => channel.source?.stop());
}
function paint() {
  if (!desk || !desk.channels.length) return;
  if (desk.running && place() >= length()) { halt(); desk.at = 0; }
  const slider = control(desk.root, "seek");
  slider.value = String(Math.round((place() / length()) * 1000));
  slider.setAttribute("aria-valuetext", strings.position.replace("{time}", clock(place())).replace("{total}", clock(length())));
  control(desk.root, "time").textContent = clock(place());
  control(desk.root, "toggle").textContent = desk.running ? strings.labelPause : strings.labelPlayMix;
  control(desk.root, "toggle").dataset.state = desk.running ? "playing" : "paused";
  if (desk.running) requestAnimationFrame(paint);
}

async function toggle(root) {
  try {
    await open(root);
    if (!desk || desk.root !== root || !desk.channels.length) return; // still loading, or closed meanwhile
    await desk.context.resume();
  } catch {
    desk = null;
    control(root, "said").textContent = strings.mixerFailed;
    return;
  }
  if (desk.running) halt();
  else { audio.pause(); start(desk.at); }
  paint();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-mute], [data-solo], [data-mixer='toggle']");
  if (!button) return;
  if (button.dataset.mixer) { toggle(button.closest("[data-mixer-desk]")); return; }
  button.setAttribute("aria-pressed", String(!pressed(button)));
  changed(button);
});
function levelled(field) {
  const row = field.closest(".stem");
  if (field.matches("[data-level]")) row.querySelector("[data-level-number]").value = field.value;
  else if (isExact(field)) row.querySelector("[data-level]").value = field.value;
  else return;
  changed(field);
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-level-number]")) event.target.value = levelOf(event.target.closest(".stem"));
});
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-level], [data-level-number]")) levelled(event.target);
  if (!desk?.channels.length) return;
  if (event.target.matches("[data-mixer='seek']")) {
    const was = desk.running;
    if (was) halt();
    desk.at = (event.target.value / 1000) * length();
    if (was) start(desk.at);
    else paint();
  }
});
audio.addEventListener("play", () => { if (desk?.running) { halt(); paint(); } });
document.addEventListener("htmx:afterSettle", setUp);
setUp();
