// The work list: select all, the number selected, and the keys j, k, x and Enter.
const all = document.querySelector("[data-select-all]");
const boxes = [...document.querySelectorAll("input[name=issue]")];
const count = document.querySelector("[data-selected-count]");

function show() {
  const chosen = boxes.filter((box) => box.checked).length;
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  if (count) {
    count.hidden = !chosen;
    count.textContent = `(${chosen})`;
  }
}
if (all) {
  all.hidden = false;
  all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); show(); });
}
document.addEventListener("change", (event) => boxes.includes(event.target) && show());
show(); // the browser restores what was checked

const rows = boxes.map((box) => box.closest("tr"));
const here = () => rows.indexOf(document.activeElement?.closest("tr[data-issue]"));
function go(step) {
  const row = rows[Math.max(0, Math.min(rows.length - 1, here() + step))];
  row?.querySelector("a").focus(); // Enter then opens it
  row?.scrollIntoView({ block: "nearest" });
}
function select() {
  const box = boxes[here()];
  if (!box) return;
  box.checked = !box.checked;
  show();
}
const keys = { j: () => go(1), k: () => go(-1), x: select };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
  if (!rows.length || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
