// The offline page: open the page that was asked for as soon as the studio answers again.
const EVERY_MS = 4000;
async function retry() {
  const reply = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (reply?.ok) location.reload();
}
setInterval(retry, EVERY_MS);
addEventListener("online", retry);
