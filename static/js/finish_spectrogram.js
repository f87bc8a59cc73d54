// The spectrogram under the waveform, on request: drawn once from the decoded track, at the waveform's width and zoom.
const SIZE = 2048;
const [LOW_HZ, HIGH_HZ] = [50, 16_000];
const [FLOOR_DB, RANGE_DB] = [-90, 70];
const MAX_COLUMNS = 2400;
const ROWS = 160;
const $ = (selector) => document.querySelector(selector);
let canvas = null; // kept when the room is refreshed

const window_ = Float32Array.from({ length: SIZE }, (_, place) => 0.5 - 0.5 * Math.cos((2 * Math.PI * place) / SIZE));
const cosines = Float32Array.from({ length: SIZE / 2 }, (_, place) => Math.cos((2 * Math.PI * place) / SIZE));
const sines = Float32Array.from({ length: SIZE / 2 }, (_, place) => Math.sin((2 * Math.PI * place) / SIZE));
// In-place fast Fourier transform (radix 2).
function transform(real, imaginary) {
  for (let place = 1, other = 0; place < SIZE; place += 1) {
    let bit = SIZE >> 1;
    for (; other & bit; bit >>= 1) other ^= bit;
    other ^= bit;
    if (place < other) [real[place], real[other]] = [real[other], real[place]];
  }
  for (let length = 2; length <= SIZE; length *= 2) {
    const [half, stride] = [length / 2, SIZE / length];
    for (let first = 0; first < SIZE; first += length) {
      for (let place = 0; place < half; place += 1) {
        const [a, b] = [first + place, first + place + half];
        const [c, s] = [cosines[place * stride], -sines[place * stride]];
        const [re, im] = [real[b] * c - imaginary[b] * s, real[b] * s + imaginary[b] * c];
        real[b] = real[a] - re;
        imaginary[b] = imaginary[a] - im;
        real[a] += re;
        imaginary[a] += im;
      }
    }
  }
}
const color = (name) => {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const part = document.createElement("span");
  part.className = name;
  $("#room").append(part);
  probe.fillStyle = getComputedStyle(part).color;
  part.remove();
  probe.fillRect(0, 0, 1, 1);
  return probe.getImageData(0, 0, 1, 1).data;
};
async function paint(buffer, target) {
  const columns = Math.min(MAX_COLUMNS, Math.max(300, Math.round(target.clientWidth * devicePixelRatio)));
  target.width = columns;
  target.height = ROWS;
  const pen = target.getContext("2d");
  const [soft, loud] = [color("tone-soft"), color("tone-loud")];
  const samples = buffer.getChannelData(0);
  const [real, imaginary] = [new Float32Array(SIZE), new Float32Array(SIZE)];
  const bins = Array.from({ length: ROWS }, (_, row) => Math.min(SIZE / 2 - 1, Math.round(((LOW_HZ * (HIGH_HZ / LOW_HZ) ** (1 - row / (ROWS - 1))) * SIZE) / buffer.sampleRate)));
  const image = pen.createImageData(1, ROWS);
  for (let column = 0; column < columns; column += 1) {
    const first = Math.round(((column + 0.5) / columns) * samples.length) - SIZE / 2;
    for (let place = 0; place < SIZE; place += 1) real[place] = (samples[first + place] ?? 0) * window_[place];
    imaginary.fill(0);
    transform(real, imaginary);
    for (let row = 0; row < ROWS; row += 1) {
      const power = (real[bins[row]] ** 2 + imaginary[bins[row]] ** 2) / (SIZE / 4) ** 2;
      const share = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-12) - FLOOR_DB) / RANGE_DB));
      for (let channel = 0; channel < 3; channel += 1) image.data[4 * row + channel] = soft[channel] + (loud[channel] - soft[channel]) * share;
      image.data[4 * row + 3] = 255;
    }
    pen.putImageData(image, column, 0);
    if (column % 200 === 199) await new Promise((go) => { setTimeout(go); }); // keeps the page quick
  }
  target.dataset.state = "drawn";
}
function show() {
  const strip = $("#room .waveform-strip");
  const button = $("#show-spectrogram");
  if (!strip || !button) return;
  button.setAttribute("aria-pressed", String(Boolean(canvas)));
  if (canvas && !canvas.isConnected) strip.querySelector(".big-wave").after(canvas);
}
document.addEventListener("click", (event) => {
  if (!event.target.closest("#show-spectrogram")) return;
  if (canvas) { canvas.remove(); canvas = null; show(); return; }
  const strings = $("#finish-strings").dataset;
  canvas = document.createElement("canvas");
  canvas.id = "spectrogram";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", strings.spectrogram);
  const mine = canvas;
  show();
  $("#hear-state").textContent = strings.loading;
  const then = (decoded) => decoded
    .then((buffer) => { $("#hear-state").textContent = ""; return mine.isConnected ? paint(buffer, mine) : null; })
    .catch(() => { mine.remove(); canvas = null; show(); $("#hear-state").textContent = strings.unloadable; });
  document.dispatchEvent(new CustomEvent("edit-decode", { detail: { then } }));
});
document.addEventListener("htmx:afterSettle", () => { if ($("#room")) show(); else canvas = null; });
