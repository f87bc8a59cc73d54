// The player: one <audio> that persists across pages. Anything with data-src is playable; rows share state by ref.
// What comes next is in queue.js; the two meet in events: track-started, player-step, player-go, player-seek.
const player = document.querySelector("#player");
const audio = document.querySelector("#audio");
const strings = document.querySelector("#strings").dataset; // templates/parts/_strings.html
const part = (name) => player.querySelector(`[data-player="${name}"]`);
const TARGET_LUFS = -16; // target for all tracks, so that the loudness does not jump
const clock = (seconds) => {
  const whole = Math.max(0, Math.round(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

let now = null; // the current track, as plain data
let volume = Number(localStorage.getItem("volume") ?? 0.9);
let dragging = false;

const album = () => document.querySelector("#page").dataset.project || "BGM Studio";
const facts = (element) => ({ album: album(), ...element.dataset });
const sources = (ref) => [...document.querySelectorAll(`[data-src][data-ref="${CSS.escape(ref)}"]`)];
const tell = (type, detail) => document.dispatchEvent(new CustomEvent(type, { detail }));
const toggle = () => (audio.paused ? start() : audio.pause());

function play(element, share = null) {
  const track = facts(element);
  if (now?.ref !== track.ref) { go(track, { share }); return; }
  if (share === null) { toggle(); return; }
  seek(share);
  start();
}
// Play a track from its start, or at a share or a second of it. `list`: what to play after it, instead of its list.
function go(track, { share = null, seconds = 0, isAutomatic = false, isPaused = false, list = null } = {}) {
  const detail = { track, ref: track.ref, before: now?.ref, isAutomatic, list };
  now = track;
  audio.src = track.src;
  if (seconds) audio.currentTime = seconds; // where it begins once it is loaded
  setLoudness();
  player.hidden = false;
  name(track);
  if (share !== null) audio.addEventListener("loadedmetadata", () => seek(share), { once: true });
  if (!isPaused) start();
  announce();
  paint();
  tell("track-started", detail);
}
document.addEventListener("player-go", ({ detail }) => go(detail.track, detail));
// The button of a ready card plays the takes of its run or batch, one after the other.
const cardTracks = (button) => [...button.closest(".job").querySelectorAll("[data-src]")];
const isOnCard = (button) => cardTracks(button).some((source) => source.dataset.ref === now?.ref);
function playRun(button) {
  if (isOnCard(button)) { toggle(); return; }
  const list = cardTracks(button).map(facts);
  if (list.length) go(list[0], { list });
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
// A candidate is renamed when its comparison is revealed, and turned down when a quieter one arrives.
function renew() {
  const source = now && sources(now.ref)[0];
  if (!source) return;
  const { new: _, ...told } = now; // whether it is new is known to its row
  const fresh = { ...told, ...facts(source) };
  if (fresh.title !== now.title || fresh.by !== now.by || fresh.cover !== now.cover) name(fresh);
  now = fresh;
  setLoudness();
}

// Turn down tracks above the target loudness, which a page can override; never turn up, because that could clip.
function level(track) {
  const lufs = Number(track.lufs);
  const target = Number(track.level || TARGET_LUFS);
  return Number.isFinite(lufs) && track.lufs !== "" ? Math.min(1, 10 ** ((target - lufs) / 20)) : 1;
}
// Where the volume of an audio element is read-only (iOS), route the element through a gain node.
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
  // After an error, load the track again from where it stopped.
  if (audio.error) {
    const at = audio.currentTime;
    audio.src = now.src;
    audio.currentTime = at;
  }
  if (gain?.context.state !== "running") gain?.context.resume();
  audio.play().catch(() => {}); // replaced by a newer track, or reported by the error event
}
const length = () => (Number.isFinite(audio.duration) && audio.duration ? audio.duration : Number(now?.seconds ?? 0));
function seek(share) {
  audio.currentTime = Math.max(0, Math.min(0.999, share)) * length();
  paint();
}
const step = (by, isAutomatic = false) => tell("player-step", { by, isAutomatic });
function jump(seconds) {
  if (!now) return;
  audio.currentTime = Math.max(0, Math.min(length() - 0.05, audio.currentTime + seconds));
  paint();
}
document.addEventListener("player-seek", ({ detail }) => jump(detail.by));

// Time-dependent parts are painted every frame, state-dependent parts only when the state changes.
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
  const position = strings.position.replace("{time}", clock(audio.currentTime)).replace("{total}", clock(length()));
  part("seek").setAttribute("aria-valuetext", position);
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
    const isMine = button.dataset.run ? isOnCard(button) : button.closest("[data-src]")?.dataset.ref === now.ref;
    show(button, !audio.paused && isMine);
  });
}
function pauseLabel(button) {
  const source = button.closest("[data-src]");
  return source ? strings.labelPauseTitle.replace("{title}", () => source.dataset.title) : strings.labelPause;
}
// A button shows its next action: icon, text and label follow the state.
function show(button, playing) {
  if (button.hasAttribute("aria-label")) {
    if (playing) {
      button.dataset.playLabel ??= button.getAttribute("aria-label");
      button.setAttribute("aria-label", pauseLabel(button));
    } else if (button.dataset.playLabel) {
      button.setAttribute("aria-label", button.dataset.playLabel);
      delete button.dataset.playLabel;
    }
  }
  if ((button.dataset.state === "playing") !== playing) button.dataset.state = playing ? "playing" : "paused";
}
function frame() {
  paintTime();
  if (!audio.paused) requestAnimationFrame(frame);
}

// The lock screen and the media keys: title, model, project, cover, position.
function announce() {
  if (!("mediaSession" in navigator)) return;
  const artwork = [{ src: new URL(now.cover, location.href).href, sizes: "512x512" }];
  navigator.mediaSession.metadata = new MediaMetadata({ title: now.title, artist: now.by, album: now.album, artwork });
}
function announcePosition() {
  if (!("mediaSession" in navigator) || !now) return;
  navigator.mediaSession.playbackState = audio.paused ? "paused" : "playing";
  if (!length()) return;
  const position = Math.min(audio.currentTime, length());
  navigator.mediaSession.setPositionState?.({ duration: length(), playbackRate: audio.playbackRate, position });
}
const SESSION = {
  play: () => start(), pause: () => audio.pause(), nexttrack: () => step(1), previoustrack: () => step(-1),
  seekto: (detail) => seek(detail.seekTime / length()),
  seekbackward: (detail) => jump(-(detail.seekOffset || 5)), seekforward: (detail) => jump(detail.seekOffset || 5),
};
if ("mediaSession" in navigator) {
  for (const [action, handler] of Object.entries(SESSION)) navigator.mediaSession.setActionHandler(action, handler);
}
for (const type of ["loadedmetadata", "play", "pause", "seeked"]) audio.addEventListener(type, announcePosition);

audio.addEventListener("play", () => { paintState(); requestAnimationFrame(frame); });
audio.addEventListener("pause", paint);
audio.addEventListener("seeked", paint);
audio.addEventListener("ended", () => { if (!audio.loop) step(1, true); paint(); });
audio.addEventListener("error", () => {
  if (!now) return;
  const isNetwork = audio.error?.code === MediaError.MEDIA_ERR_NETWORK;
  const why = isNetwork ? strings.unplayableConnection : strings.unplayableFile;
  document.dispatchEvent(new CustomEvent("studio-toast", { detail: { value: why.replace("{title}", () => now.title) } }));
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
  if (!button) return;
  event.preventDefault();
  const source = button.closest("[data-src]");
  if (source) play(source);
  else if (button.dataset.run) playRun(button);
});
// A comment's time or pin plays from that time; its link also scrolls to the comment.
document.addEventListener("click", (event) => {
  const pin = event.target.closest("[data-seek-ms]");
  const source = pin?.closest("[data-src]");
  if (!source) return;
  event.preventDefault();
  play(source, pin.dataset.seekMs / 1000 / Math.max(0.001, Number(source.dataset.ms) / 1000 || Number(source.dataset.seconds)));
  const goal = document.querySelector(pin.getAttribute("href"));
  if (goal?.matches(".comment")) goal.scrollIntoView({ block: "nearest" });
});
// The time of a new comment follows the player until the user types a time or text.
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
part("toggle").addEventListener("click", toggle);
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
  else if (now) toggle();
  else { const first = document.querySelector(".track[data-src], .candidate-take[data-src]"); if (first) play(first); }
});
document.addEventListener("htmx:afterSettle", () => { renew(); paint(); });
// Remove playback styles before saving history: the Content Security Policy forbids style attributes in restored pages.
document.addEventListener("htmx:beforeHistorySave", () => {
  document.querySelectorAll(".wave-played[style]").forEach((wave) => wave.removeAttribute("style"));
});
