// The player: one <audio> that outlives every page. Anything with data-src can be played; rows share their state by ref.
const player = document.querySelector("#player");
const audio = document.querySelector("#audio");
const part = (name) => player.querySelector(`[data-player="${name}"]`);
const TARGET_LUFS = -16; // rows are levelled to this, so that nothing jumps
const clock = (seconds) => {
  const whole = Math.max(0, Math.round(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

let now = null; // the track being played, as plain data
let volume = Number(localStorage.getItem("volume") ?? 0.9);
let dragging = false;

const facts = (element) => ({ ...element.dataset });
const sources = (ref) => [...document.querySelectorAll(`[data-src][data-ref="${CSS.escape(ref)}"]`)];
const queue = () => [...document.querySelectorAll(".track[data-src], .candidate-take[data-src]")];

export function play(element, share = null, isAutomatic = false) {
  const track = facts(element);
  if (now?.ref === track.ref) {
    if (share !== null) seek(share);
    else if (!audio.paused) { audio.pause(); return; }
    start();
    return;
  }
  const detail = { ref: track.ref, before: now?.ref, isAutomatic };
  now = track;
  audio.src = track.src;
  setLoudness();
  player.hidden = false;
  name(track);
  if (share !== null) audio.addEventListener("loadedmetadata", () => seek(share), { once: true });
  start();
  announce();
  paint();
  document.dispatchEvent(new CustomEvent("track-started", { detail }));
}
function name(track) {
  part("cover").src = track.cover;
  part("title").textContent = track.title;
  part("title").href = track.page;
  part("by").textContent = track.by;
  part("total").textContent = clock(track.seconds);
  part("wave").setAttribute("d", track.wave);
  part("played").setAttribute("d", track.wave);
}
// A candidate is renamed when its comparison is revealed, and turned down when a quieter one has arrived.
function renew() {
  const source = now && sources(now.ref)[0];
  if (!source) return;
  const fresh = { level: now.level, ...facts(source) };
  if (fresh.title !== now.title || fresh.by !== now.by) name(fresh);
  now = fresh;
  setLoudness();
}

// Turn down what is louder than the target, or than the page's own where it has one; never turn up, which could clip.
function level(track) {
  const lufs = Number(track.lufs);
  const target = Number(track.level || TARGET_LUFS);
  return Number.isFinite(lufs) && track.lufs !== "" ? Math.min(1, 10 ** ((target - lufs) / 20)) : 1;
}
// Where the volume of an element is read-only (iOS), a gain node turns it down; the element is then routed through it.
let gain = null;
function setLoudness() {
  const share = volume * level(now);
  audio.volume = share;
  if (!gain && Math.abs(audio.volume - share) > 0.001 && window.AudioContext) {
    const context = new AudioContext();
    gain = context.createGain();
    context.createMediaElementSource(audio).connect(gain).connect(context.destination);
  }
  if (gain) gain.gain.value = share;
}
function start() {
  // What failed is fetched again, from where it broke off.
  if (audio.error) {
    const at = audio.currentTime;
    audio.src = now.src;
    audio.currentTime = at;
  }
  if (gain?.context.state !== "running") gain?.context.resume();
  audio.play().catch(() => {}); // a newer track has replaced it, or the error event says what is wrong
}
const length = () => (Number.isFinite(audio.duration) && audio.duration ? audio.duration : Number(now?.seconds ?? 0));
function seek(share) {
  audio.currentTime = Math.max(0, Math.min(0.999, share)) * length();
  paint();
}
function step(by, isAutomatic = false) {
  const rows = queue();
  const at = rows.findIndex((row) => row.dataset.ref === now?.ref);
  const row = rows[at + by];
  if (row) play(row, null, isAutomatic);
}

// What moves with the time is painted every frame; what depends on the state, when that changes.
function paint() {
  if (!now) return;
  paintTime();
  paintState();
}
function paintTime() {
  const share = length() ? audio.currentTime / length() : 0;
  const clip = `inset(0 ${100 - share * 100}% 0 0)`;
  part("time").textContent = clock(audio.currentTime);
  if (!dragging) part("seek").value = String(Math.round(share * 1000));
  part("seek").setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(length())}`);
  for (const holder of [player, ...sources(now.ref)]) {
    holder.querySelectorAll(".wave-played").forEach((wave) => {
      if (wave.closest("[data-ref], #player") === holder) wave.style.clipPath = clip;
    });
    const slider = holder.querySelector("[data-seek]");
    if (slider && document.activeElement !== slider) slider.value = String(Math.round(share * 1000));
  }
  follow();
}
function paintState() {
  show(part("toggle"), !audio.paused);
  document.querySelectorAll("[data-src][data-ref]").forEach((row) => {
    const mine = row.dataset.ref === now.ref;
    row.classList.toggle("is-current", mine);
    row.classList.toggle("is-playing", mine && !audio.paused);
  });
  document.querySelectorAll("[data-ref]:not(.is-current) .wave-played").forEach((wave) => {
    if (wave.closest("[data-ref]").dataset.ref !== now.ref) wave.style.clipPath = "inset(0 100% 0 0)";
  });
  document.querySelectorAll("[data-play]").forEach((button) => {
    show(button, !audio.paused && button.closest("[data-src]")?.dataset.ref === now.ref);
  });
}
// A button says what it will do: its picture and words follow the state, its label as well.
function show(button, playing) {
  const [from, to] = playing ? ["Play", "Pause"] : ["Pause", "Play"];
  const label = button.getAttribute("aria-label");
  if (label && (label === from || label.startsWith(`${from} `))) button.setAttribute("aria-label", to + label.slice(from.length));
  if ((button.dataset.state === "playing") !== playing) button.dataset.state = playing ? "playing" : "paused";
}
function frame() {
  paintTime();
  if (!audio.paused) requestAnimationFrame(frame);
}

function announce() {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({
    title: now.title, artist: now.by, album: "BGM Studio", artwork: [{ src: now.cover, sizes: "512x512", type: "image/webp" }],
  });
  const act = { play: start, pause: () => audio.pause(), nexttrack: () => step(1), previoustrack: () => step(-1),
    seekto: (detail) => seek(detail.seekTime / length()) };
  for (const [name, handler] of Object.entries(act)) navigator.mediaSession.setActionHandler(name, handler);
}

audio.addEventListener("play", () => { paintState(); requestAnimationFrame(frame); });
audio.addEventListener("pause", paint);
audio.addEventListener("seeked", paint);
audio.addEventListener("ended", () => { if (!audio.loop) step(1, true); paint(); });
audio.addEventListener("error", () => {
  if (!now) return;
  const why = audio.error?.code === MediaError.MEDIA_ERR_NETWORK ? "the connection broke" : "this browser cannot play the file, or it is missing";
  document.dispatchEvent(new CustomEvent("studio-toast", { detail: { value: `“${now.title}” could not be played: ${why}.` } }));
  paint();
});

document.addEventListener("click", (event) => {
  const seekable = event.target.closest(".wave[data-from]");
  if (seekable) {
    const box = seekable.getBoundingClientRect();
    play(seekable.closest("[data-src]"), (event.clientX - box.left) / box.width);
    return;
  }
  const button = event.target.closest("[data-play]");
  if (button) { event.preventDefault(); play(button.closest("[data-src]")); }
});
// A comment's time or its pin plays from there; its link goes on to the comment.
document.addEventListener("click", (event) => {
  const pin = event.target.closest("[data-seek-ms]");
  const source = pin?.closest("[data-src]");
  if (!source) return;
  event.preventDefault();
  play(source, pin.dataset.seekMs / 1000 / Math.max(0.001, Number(source.dataset.ms) / 1000 || Number(source.dataset.seconds)));
  const goal = document.querySelector(pin.getAttribute("href"));
  if (goal?.matches(".comment")) goal.scrollIntoView({ block: "nearest" });
});
// The time of a new comment follows the player until somebody types one, or what to say.
function follow() {
  const field = document.querySelector("[data-follows]");
  const text = document.querySelector("#comment-text");
  if (!field || field.dataset.follows !== now?.ref || field.dataset.typed || text?.value) return;
  field.value = clock(Math.floor(audio.currentTime));
}
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-follows]")) event.target.dataset.typed = "yes";
  if (event.target.matches("[data-seek]")) play(event.target.closest("[data-src]"), event.target.value / 1000);
});
part("toggle").addEventListener("click", () => (audio.paused ? start() : audio.pause()));
part("next").addEventListener("click", () => step(1));
part("previous").addEventListener("click", () => (audio.currentTime > 3 ? seek(0) : step(-1)));
part("loop").addEventListener("click", () => {
  audio.loop = !audio.loop;
  part("loop").setAttribute("aria-pressed", String(audio.loop));
});
part("seek").addEventListener("input", (event) => { dragging = true; seek(event.target.value / 1000); });
part("seek").addEventListener("change", () => { dragging = false; });
part("volume").value = String(Math.round(volume * 100));
part("volume").addEventListener("input", (event) => {
  volume = event.target.value / 100;
  localStorage.setItem("volume", String(volume));
  if (now) setLoudness();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, button, a, summary, [contenteditable]") && !event.target.matches(".track-title a")) return;
  event.preventDefault();
  const marked = document.querySelector(".track.is-marked");
  if (marked && marked.dataset.ref !== now?.ref) play(marked);
  else if (now) (audio.paused ? start() : audio.pause());
  else if (queue()[0]) play(queue()[0]);
});
document.addEventListener("htmx:afterSettle", () => { renew(); paint(); });
// What is drawn over a waveform is not kept with a page's history: the policy forbids style attributes in what is read.
document.addEventListener("htmx:beforeHistorySave", () => {
  document.querySelectorAll(".wave-played[style]").forEach((wave) => wave.removeAttribute("style"));
});
