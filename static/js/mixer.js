// The mixer: the players of a composed track together, each with mute, solo and level. All start from the same clock
// (Web Audio), so they stay in step. What is set is kept for the tab, and sent when it is kept as a version. Without this
// script the list still plays and downloads one player at a time.
const MOST_SECONDS = 1500; // of all players together: held as samples, about half a gigabyte
const audio = document.querySelector("#audio");
let desk = null; // one at a time: { root, context, channels, at, began, running }

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

// --- what is set: kept for this tab, player by player ---
const kept = (row) => `mix ${row.dataset.ref}`;
function keep(row) {
  const set = [row.querySelector("[data-level]").value, ...["mute", "solo"].map((one) => pressed(row.querySelector(`[data-${one}]`)))];
  sessionStorage.setItem(kept(row), JSON.stringify(set));
}
function recall(row) {
  const [level, mute, solo] = JSON.parse(sessionStorage.getItem(kept(row)) ?? "[]");
  if (level === undefined) return;
  row.querySelector("[data-level]").value = level;
  row.querySelector("[data-mute]").setAttribute("aria-pressed", String(mute));
  row.querySelector("[data-solo]").setAttribute("aria-pressed", String(solo));
}
// What is soloed silences the rest; mute wins over both. In per cent.
function heard(row, all) {
  const alone = all.some((one) => pressed(one.querySelector("[data-solo]")));
  const plays = !pressed(row.querySelector("[data-mute]")) && (!alone || pressed(row.querySelector("[data-solo]")));
  return plays ? Number(row.querySelector("[data-level]").value) : 0;
}
// What is heard is what the form beside the mixer sends.
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
  control(root, "said").textContent = "Fetching the players…";
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
  const when = mine.context.currentTime + 0.05; // the same moment for everybody
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
  slider.setAttribute("aria-valuetext", `${clock(place())} of ${clock(length())}`);
  control(desk.root, "time").textContent = clock(place());
  control(desk.root, "toggle").textContent = desk.running ? "Pause" : "Play together";
  if (desk.running) requestAnimationFrame(paint);
}

async function toggle(root) {
  try {
    await open(root);
    if (!desk || desk.root !== root || !desk.channels.length) return; // still being fetched, or left meanwhile
    await desk.context.resume();
  } catch {
    desk = null;
    control(root, "said").textContent = "The players could not be fetched. Each can still be played alone.";
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
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-level]")) changed(event.target);
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
