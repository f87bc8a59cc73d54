// Account pages, and what should outlive a session that ended. Everything works without this, a little slower.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- copy buttons: <button data-copy="id of a field"> ---
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
  } catch {
    field.focus();
    field.select();
    button.textContent = "Press Ctrl C";
  }
  setTimeout(() => { button.textContent = words; }, 2500);
});

// --- the browser's own time zone: told to the server, which uses it until another is chosen, and offered there ---
function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.cookie.split("; ").includes(`studio_zone=${zone}`)) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `studio_zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
}
function offerZone() {
  const field = $("[data-zone-field]");
  const offer = $("[data-zone-guess]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field || !offer || !zone) return;
  $("[data-zone-name]", offer).textContent = zone.replaceAll("_", " ");
  offer.hidden = field.value === zone || field.value === "";
  $("button", offer).onclick = () => { field.value = zone; offer.hidden = true; field.focus(); };
}

// --- what was typed when the session ended is there again after signing in ---
const KEPT = "kept-forms";
const keeps = (field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type);
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (!(event.detail.xhr.getResponseHeader("HX-Redirect") ?? "").includes("/accounts/login/")) return;
  const forms = $$("form[id]").map((form) => [form.id, [...form.elements].filter(keeps).map(
    (field) => [field.name, field.type === "checkbox" || field.type === "radio" ? [field.value, field.checked] : field.value],
  )]);
  sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, forms }));
});
function giveBack() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (kept?.path !== location.pathname) return;
  sessionStorage.removeItem(KEPT);
  for (const [id, fields] of kept.forms) {
    const form = document.getElementById(id);
    for (const [name, value] of form ? fields : []) {
      for (const field of [...form.elements].filter((one) => one.name === name && keeps(one))) {
        if (!Array.isArray(value)) field.value = value;
        else if (field.value === value[0]) [, field.checked] = value;
      }
    }
    form?.querySelector("textarea")?.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// --- notifications are offered where this browser has not been asked yet ---
function offerNews() {
  const offer = $("[data-allow-news]");
  if (!offer || window.Notification?.permission !== "default") return;
  offer.hidden = false;
  $("button", offer).onclick = async () => { offer.hidden = (await Notification.requestPermission()) !== "default"; };
}

tellZone();
offerZone();
offerNews();
giveBack();
document.addEventListener("htmx:afterSettle", (event) => event.detail.target?.id === "page" && [offerZone(), offerNews()]);
