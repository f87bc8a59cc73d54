// The large waveform: bars of two pixels for the width and zoom, the play position, and jumps between sections.
// Without this script it is the server's drawing, and the slider over it still seeks.
const PITCH = 3;
const BAR = 2;
const FLOOR = 0.04; // as in generator/audio/waveform.py
const CONTRAST = 1.5;
const ZOOMS = [1, 2, 4, 8];
const audio = document.querySelector("#audio");
const strings = document.querySelector("#strings").dataset; // templates/parts/_strings.html
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const current = () => document.querySelector("[data-src].is-current .waveform");
const zoomOf = (root) => ZOOMS.find((zoom) => root.classList.contains(`zoom-${zoom}`)) ?? 1;
const share = (root) => Math.min(1, audio.currentTime / Math.max(0.001, Number(root.dataset.ms) / 1000));

// --- drawing ---
function levels(peaks, count) {
  const means = Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / count));
    let sum = 0;
    for (let place = from; place < to; place += 1) sum += peaks[place];
    return sum / (to - from);
  });
  const most = Math.max(1, ...means);
  return means.map((mean) => Math.max(FLOOR, (mean / most) ** CONTRAST));
}
function draw(root) {
  const wave = root.querySelector(".wave");
  const { width, height } = { width: Math.floor(wave.clientWidth), height: wave.clientHeight };
  const size = `0 0 ${width} ${height}`;
  const svgs = wave.querySelectorAll("svg");
  if (!width || !height || !root.dataset.peaks || root.dataset.drawn === size) return;
  const peaks = Uint8Array.from(atob(root.dataset.peaks), (letter) => letter.charCodeAt(0));
  const count = Math.max(1, Math.floor(width / PITCH));
  const bars = levels(peaks, count).map((level, bar) => {
    const half = Math.max(1, Math.round((level * height) / 2));
    return `M${bar * PITCH} ${height / 2 - half}v${2 * half}h${BAR}v${-2 * half}z`;
  });
  wave.querySelector("path").setAttribute("d", bars.join(""));
  svgs.forEach((svg) => { svg.setAttribute("viewBox", size); svg.setAttribute("preserveAspectRatio", "xMinYMid slice"); });
  root.dataset.drawn = size;
  // The name of a section that is too narrow for it is in its tooltip and in the label of all sections.
  root.querySelectorAll(".section").forEach((section) => {
    section.classList.remove("is-cut");
    const room = section.querySelector("rect").getBoundingClientRect().width;
    section.classList.toggle("is-cut", section.querySelector("text").getComputedTextLength() + 10 > room);
  });
}
const watched = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target.closest(".waveform"))));
function setUp() {
  watched.disconnect();
  document.querySelectorAll(".waveform").forEach((root) => {
    draw(root);
    watched.observe(root.querySelector(".wave"));
  });
  paint();
}

// --- the play position ---
function paint() {
  const root = current();
  document.querySelectorAll(".waveform").forEach((one) => one.classList.toggle("has-playhead", one === root));
  if (!root) return;
  const at = `${100 * share(root)}%`;
  const line = root.querySelector(".playhead line");
  line.setAttribute("x1", at);
  line.setAttribute("x2", at);
  const section = [...root.querySelectorAll(".section")].findLast((one) => one.dataset.seekMs <= audio.currentTime * 1000);
  root.querySelectorAll(".section").forEach((one) => one.classList.toggle("is-playing-now", one === section));
  const told = strings.position.replace("{time}", clock(audio.currentTime)).replace("{total}", clock(root.dataset.ms / 1000));
  root.querySelector("[data-seek]").setAttribute("aria-valuetext", section ? `${told}, ${section.dataset.title}` : told);
}
function keepInView() {
  const root = current();
  if (!root || zoomOf(root) === 1) return;
  const box = root.querySelector(".waveform-scroll");
  const at = share(root) * box.scrollWidth;
  if (at < box.scrollLeft || at > box.scrollLeft + box.clientWidth) box.scrollLeft = at - box.clientWidth * 0.1;
}
function frame() {
  paint();
  if (!audio.paused) requestAnimationFrame(frame);
}
audio.addEventListener("play", () => requestAnimationFrame(frame));
for (const name of ["pause", "seeked", "loadedmetadata"]) audio.addEventListener(name, paint);
audio.addEventListener("timeupdate", keepInView);
audio.addEventListener("seeked", keepInView);

// --- zoom: what was in the middle, or is playing, stays in view ---
function zoom(root, by) {
  const box = root.querySelector(".waveform-scroll");
  const before = zoomOf(root);
  const after = by === 0 ? 1 : ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, ZOOMS.indexOf(before) + by))];
  const middle = root.classList.contains("has-playhead") ? share(root) : (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth;
  root.classList.replace(`zoom-${before}`, `zoom-${after}`);
  root.querySelector("[data-seek]").step = after > 1 ? "1" : "10";
  root.querySelector("[data-zoom-level]").textContent = `${after}×`;
  draw(root);
  box.scrollLeft = middle * box.scrollWidth - box.clientWidth / 2;
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom]");
  if (button) zoom(button.closest(".waveform"), button.dataset.zoom === "in" ? 1 : -1);
});

// --- keys: + and − zoom, 0 shows the whole track, [ and ] go to the previous and next section ---
function jump(root, by) {
  const starts = [...root.querySelectorAll(".section")].map((one) => Number(one.dataset.seekMs));
  const now = root.classList.contains("has-playhead") ? audio.currentTime * 1000 : 0;
  const goal = by > 0 ? starts.find((start) => start > now + 50) : starts.findLast((start) => start < now - 1500) ?? 0;
  const slider = root.querySelector("[data-seek]");
  if (goal === undefined) return;
  slider.step = "1";
  slider.value = String(Math.ceil((1000 * goal) / root.dataset.ms));
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
const KEYS = { "+": (root) => zoom(root, 1), "=": (root) => zoom(root, 1), "-": (root) => zoom(root, -1),
  0: (root) => zoom(root, 0), "[": (root) => jump(root, -1), "]": (root) => jump(root, 1) };
document.addEventListener("keydown", (event) => {
  const root = document.querySelector(".waveform:has([data-zoom])");
  if (!root || !KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=range], [type=checkbox], [type=radio]), textarea, select, dialog[open]")) return;
  event.preventDefault();
  KEYS[event.key](root);
});

document.addEventListener("track-started", paint);
document.addEventListener("htmx:afterSettle", setUp);
setUp();
