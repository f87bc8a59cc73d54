// Uploads: files dropped or chosen are sent one after the other, each with its progress. Without script, the form does it.
const say = (name) => document.querySelector("#strings").dataset[name];

function send(form, data, meter) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) meter.value = (100 * event.loaded) / event.total; });
    request.addEventListener("loadend", () => resolve(request));
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.send(data);
  });
}
function show(form, request, earlier) {
  const answer = document.querySelector(form.dataset.upload);
  const fresh = new DOMParser().parseFromString(request.responseText, "text/html").querySelector(form.dataset.upload);
  if (!fresh) {
    const text = request.status === 413 && request.responseText.length < 500 ? request.responseText : "";
    return notice(form, request.status ? text || say("serverError") : say("unreachable"));
  }
  earlier.forEach((row) => fresh.prepend(row));
  answer.replaceWith(fresh);
  window.htmx?.process(fresh);
}
function notice(form, text) {
  const row = document.createElement("p");
  row.className = "notice notice-bad";
  row.setAttribute("role", "alert");
  row.textContent = text;
  document.querySelector(form.dataset.upload).prepend(row);
}
function row(file) {
  const line = document.createElement("p");
  const meter = document.createElement("progress");
  line.className = "upload-under-way small";
  meter.className = "meter";
  meter.max = 100;
  meter.value = 0;
  meter.setAttribute("aria-label", file.name);
  line.append(file.name, meter);
  return [line, meter];
}
async function sendEach(form, files) {
  const fields = new FormData(form);
  fields.delete("file");
  if (files.length > 1) fields.set("title", "");
  const refused = [];
  for (const file of files) {
    const [line, meter] = row(file);
    form.append(line);
    const data = new FormData();
    fields.forEach((value, name) => data.append(name, value));
    data.append("file", file);
    const request = await send(form, data, meter);
    line.remove();
    show(form, request, refused);
    refused.splice(0, refused.length, ...document.querySelectorAll(`${form.dataset.upload} > .notice-bad`));
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-upload]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  if (!input.files.length) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  await sendEach(form, [...input.files]);
  button.disabled = false;
  if (!document.querySelector(`${form.dataset.upload} > .notice-bad`)) form.reset();
  document.querySelector(form.dataset.upload).scrollIntoView({ block: "nearest" });
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const zone = document.querySelector("[data-drop]");
    if (!zone || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.toggle("is-over", kind === "dragover");
    if (kind !== "drop") return;
    const input = zone.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.focus();
  });
}
