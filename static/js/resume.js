// Playback between the studio and the admin, whose pages are loaded in full: the player continues where it was.
// Reloading a page of the studio itself starts in silence.
const KEPT = "playback";
const SECONDS = 60; // older records are of a visit that ended
const player = document.querySelector("#player");
const audio = document.querySelector("#audio");
const person = player.dataset.resume; // nobody else resumes it
const isPopup = document.body.classList.contains("popup");
const isAdmin = (path) => path.startsWith("/admin/");

let track = null;
let resumedAt = 0; // until the audio is loaded
document.addEventListener("track-started", ({ detail }) => {
  const source = document.querySelector(`[data-src][data-ref="${CSS.escape(detail.ref)}"]`);
  if (source) track = { ...source.dataset };
});

addEventListener("pagehide", () => {
  if (!track || !person || isPopup) return;
  const kept = { person, track,
    at: audio.readyState ? audio.currentTime : resumedAt,
    isPlaying: !audio.paused, isLooped: audio.loop, from: location.pathname, when: Date.now() };
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
});

function resume() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  if (!kept || kept.person !== person || Date.now() - kept.when > SECONDS * 1000) return;
  if (!isAdmin(kept.from) && !isAdmin(location.pathname)) return;
  const source = document.createElement("span");
  const position = document.createElement("input"); // the player starts what a position is chosen of
  Object.assign(source.dataset, kept.track);
  position.dataset.seek = "";
  position.value = String((1000 * kept.at) / Math.max(0.001, Number(kept.track.seconds)));
  source.hidden = true;
  source.append(position);
  player.append(source);
  position.dispatchEvent(new Event("input", { bubbles: true }));
  source.remove();
  [track, resumedAt] = [kept.track, kept.at];
  if (kept.isLooped) player.querySelector('[data-player="loop"]').click();
  if (!kept.isPlaying) audio.pause(); // a browser that refuses to start by itself leaves it paused, too
}

if (person && !isPopup) resume();
