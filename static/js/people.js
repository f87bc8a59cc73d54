// Account pages, and form contents that outlive a session. Everything also works without this script.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const strings = document.querySelector("#strings").dataset; // templates/parts/_strings.html

// --- copy buttons: <button data-copy="id of a field"> ---
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = strings.copied;
  } catch {
    field.focus();
    field.select();
    button.textContent = strings.copyByHand;
  }
  setTimeout(() => { button.textContent = words; }, 2500);
});

// --- the browser's time zone: sent to the server, used until the user chooses one, and offered as a choice ---
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

// --- restore what was typed when the session ended, after signing in again ---
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

// --- offer notifications if the browser's permission has not been requested yet ---
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
