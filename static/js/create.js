// The create pane: chips that add text to the prompt, character counters, and a draft that survives leaving the page.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const shown = (number) => number.toLocaleString(document.documentElement.lang);

// --- the prompt's counter: code points, as the providers count ---
function count() {
  const prompt = $("#prompt");
  const counter = $("#counter");
  if (!prompt || !counter) return;
  const used = [...prompt.value.trim()].length;
  const limit = Number(counter.dataset.limit);
  counter.textContent = `${shown(used)} / ${shown(limit)}`;
  counter.toggleAttribute("data-over", used > limit);
  const wrong = $("#create-error")?.dataset.field === "text" || used > limit;
  prompt.toggleAttribute("aria-invalid", wrong);
  if (wrong) prompt.setAttribute("aria-invalid", "true");
}

// --- counters of a model's long fields ---
function countFields() {
  $$("textarea[data-counts]").forEach((area) => {
    const counter = document.getElementById(area.dataset.counts);
    const used = [...area.value.trim().replaceAll("\r\n", "\n")].length;
    const limit = Number(counter.dataset.limit);
    counter.textContent = `${shown(used)} / ${shown(limit)}`;
    counter.toggleAttribute("data-over", used > limit);
  });
}

// --- chips: pressed while their text is in the prompt; pressing again removes it ---
const parts = (text) => text.split(",").map((part) => part.trim()).filter(Boolean);
const has = (text, words) => text.toLowerCase().includes(words.toLowerCase());
function showPressed() {
  const text = $("#prompt")?.value ?? "";
  $$("[data-add]").forEach((chip) => chip.setAttribute("aria-pressed", String(has(text, chip.dataset.add))));
}
function toggle(chip) {
  const prompt = $("#prompt");
  const words = chip.dataset.add;
  const kept = parts(prompt.value).filter((part) => part.toLowerCase() !== words.toLowerCase());
  if (!has(prompt.value, words)) prompt.value = [...parts(prompt.value), words].join(", ");
  else if (kept.length < parts(prompt.value).length) prompt.value = kept.join(", ");
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
}
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-add]");
  const example = event.target.closest("[data-example]");
  if (chip) { event.preventDefault(); toggle(chip); }
  if (example && !event.ctrlKey && !event.metaKey && $("#prompt")) {
    event.preventDefault();
    event.stopPropagation();
    $("#prompt").value = example.dataset.example;
    $("#prompt").dispatchEvent(new Event("input", { bubbles: true }));
    $("#prompt").focus();
  }
}, true);

// --- understood: a chip's text opens its field with the value; after removing a chip, the next one has the focus ---
document.addEventListener("click", (event) => {
  const edit = event.target.closest("[data-edit]");
  const field = edit && document.getElementById(edit.dataset.edit);
  if (!field) return;
  event.preventDefault();
  event.stopPropagation();
  for (let holder = field.closest("details"); holder; holder = holder.parentElement.closest("details")) holder.open = true;
  if (!field.value && edit.dataset.value) field.value = edit.dataset.value;
  const menu = edit.closest("details.menu-holder");
  if (menu) menu.open = false;
  field.focus();
  field.select?.();
}, true);
let chipAt = -1;
document.addEventListener("htmx:beforeRequest", (event) => {
  const chip = event.detail.elt.closest(".understood-chip, #not-understood li");
  if (chip) chipAt = [...chip.parentElement.children].indexOf(chip);
});
function refocusChips() {
  if (chipAt < 0) return;
  const drops = $$(".understood-drop");
  if (document.activeElement === document.body) (drops[Math.min(chipAt, drops.length - 1)] ?? $("#prompt"))?.focus();
  chipAt = -1;
  keep();
}
document.addEventListener("htmx:afterSettle", refocusChips);

// --- the model picker closes when a model is chosen with the pointer; arrow keys go through the list ---
let closedPicker = false;
document.addEventListener("click", (event) => {
  if (!event.pointerType || !event.target.closest("#models:not(:has([type=checkbox][name=model])) .model")) return;
  closedPicker = true;
  setTimeout(() => { $("#models").open = false; });
});
document.addEventListener("htmx:afterSettle", () => {
  if (closedPicker && document.activeElement === document.body) $("#models > summary")?.focus({ preventScroll: true });
  closedPicker = false;
});

// --- disclosures whose state is kept from page to page ---
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("[data-keep]")) sessionStorage.setItem(`open ${event.target.id}`, event.target.open ? "1" : "");
}, true);
const reopen = () => $$("[data-keep]:not([data-kept])").forEach((one) => {
  one.dataset.kept = "";
  if (sessionStorage.getItem(`open ${one.id}`)) one.open = true;
});
document.addEventListener("htmx:afterSettle", reopen);
reopen();

// --- the draft: kept per tab and project ---
const draftKey = (form) => `draft ${form.dataset.draft}`;
function keep() {
  const form = $("#create[data-draft]");
  if (!form) return;
  const typed = new URLSearchParams(new FormData(form));
  for (const name of [...typed.keys()]) if (/^(csrfmiddlewaretoken|idempotency_key|expected_price|file-|register-key-|register-price-)/.test(name)) typed.delete(name);
  sessionStorage.setItem(draftKey(form), typed.toString());
}
function restore() {
  const form = $("#create[data-draft]");
  if (!form || form.dataset.restored) return;
  form.dataset.restored = "yes";
  const draft = new URLSearchParams(sessionStorage.getItem(draftKey(form)) ?? "");
  const text = draft.get("text");
  if ("filled" in form.dataset || !text) return;
  $("#prompt").value = text;
  const asked = new URLSearchParams(location.search); // a reference that was just picked overrides the draft
  for (const [name, value] of asked) if (name === "on" || name.startsWith("pick-")) draft.set(name, value);
  const values = {};
  for (const name of new Set(draft.keys())) values[name] = draft.getAll(name).length > 1 ? draft.getAll(name) : draft.get(name);
  htmx.ajax("POST", $("#live").getAttribute("hx-post"), { target: "#live", swap: "morph:outerHTML", values });
}

// --- the price as one types: half a second after the last key, without leaving the field ---
let typing = 0;
function priceSoon(field) {
  clearTimeout(typing);
  typing = setTimeout(() => { if (field.isConnected) htmx.trigger("#live", "change"); }, 500);
}
document.addEventListener("change", () => clearTimeout(typing));
document.addEventListener("input", (event) => {
  if (event.target.id === "prompt") { count(); showPressed(); }
  if (event.target.closest("#live") && event.target.matches("textarea, input:is([type=text], [type=number], :not([type]))")) priceSoon(event.target);
  if (event.target.matches("textarea[data-counts]")) countFields();
  if (event.target.closest("#create")) keep();
});
document.addEventListener("htmx:afterSettle", () => { restore(); count(); countFields(); showPressed(); });
// --- after submitting: scroll to the new card in a one-column layout, and to an error in any layout ---
let isSent = false;
let cardsBefore = new Set();
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.id === "create" && event.detail.successful) isSent = true;
});
function showCard() {
  const card = $$("#running .job:not(.job-coming)").find((one) => !cardsBefore.has(one.id));
  if (!card) return;
  isSent = false;
  $("#said").textContent = card.getAttribute("aria-label");
  if (!matchMedia("(max-width: 899px)").matches) return;
  $(".job-prompt", card).focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
}
function showError() {
  const text = $("#create-error")?.dataset.field === "text" ? $("#prompt") : null;
  const wrong = text ?? $("#live [aria-invalid=true]") ?? $("#create-error [role=alert]");
  if (!wrong) return;
  for (let holder = wrong.closest("details"); holder; holder = holder.parentElement.closest("details")) holder.open = true;
  wrong.focus({ preventScroll: true });
  ($("#create-error [role=alert]") ?? wrong).scrollIntoView({ block: "center" });
}
// Submitted text needs no preview: a pending one would remove the errors of the response.
let sentText = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id === "create") {
    sentText = $("#prompt").value;
    cardsBefore = new Set($$("#running .job").map((card) => card.id));
  }
  if (event.detail.elt.id === "prompt" && $("#prompt").value === sentText) event.preventDefault();
});
document.addEventListener("input", (event) => { if (event.target.closest("#create")) sentText = null; });
document.addEventListener("htmx:afterSettle", (event) => {
  const { requestConfig, xhr } = event.detail;
  if (requestConfig?.verb === "post" && requestConfig.elt.closest("#create") && xhr.status >= 400) showError();
  else if (isSent && event.target.id === "running") showCard();
});
let sentAt = -Infinity;
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.closest("#create")) return;
  event.preventDefault();
  const isTwice = event.timeStamp - sentAt < 500; // a held or repeated key submits once
  sentAt = event.timeStamp;
  if (!isTwice) $("#create").requestSubmit($("#create .button-big"));
});
restore();
count();
countFields();
showPressed();

// --- curves: sliders that set levels; the text field next to them is what is sent, and can be edited too ---
function drawn(levels, place) {
  const at = place * (levels.length - 1);
  const low = Math.floor(at);
  return levels[low] + (levels[Math.min(low + 1, levels.length - 1)] - levels[low]) * (at - low);
}
function showCurves() {
  $$("[data-curve]").forEach((curve) => {
    const typed = document.getElementById(curve.dataset.curve).value.replaceAll("%", "").split(/[\s,]+/).filter(Boolean).map(Number);
    const levels = typed.length && typed.every(Number.isFinite) ? typed : [50];
    const sliders = $$("input", curve);
    sliders.forEach((slider, place) => {
      if (slider !== document.activeElement) slider.value = String(drawn(levels, place / (sliders.length - 1)));
    });
    curve.hidden = false;
  });
}
document.addEventListener("input", (event) => {
  const curve = event.target.closest("[data-curve]");
  if (curve) document.getElementById(curve.dataset.curve).value = $$("input", curve).map((one) => one.value).join(" ");
  else if ($(`[data-curve="${CSS.escape(event.target.id)}"]`)) showCurves();
});
document.addEventListener("htmx:afterSettle", showCurves);
showCurves();
