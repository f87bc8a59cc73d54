// Names for the controls of Django's own widgets that have none: dates, times and searchable choices.
const nameOf = (control) => control.closest(".form-row, td")?.querySelector("label, legend")?.textContent.replace(/:\s*$/, "").trim();

function nameControls() {
  for (const control of document.querySelectorAll(".vDateField, .vTimeField, .select2-selection, .select2-selection__rendered")) {
    const name = nameOf(control);
    if (name && !control.labels?.length) control.setAttribute("aria-label", name);
  }
}
// Django makes its searchable choices when jQuery says that the page is ready, which may be after it has loaded.
addEventListener("load", () => (globalThis.django?.jQuery ? globalThis.django.jQuery(nameControls) : nameControls()));
