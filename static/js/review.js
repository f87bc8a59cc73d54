// The work list: one box selects every issue on the page.
const all = document.querySelector("[data-select-all]");
const boxes = [...document.querySelectorAll("input[name=matter]")];
if (all) {
  all.hidden = false;
  all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  document.addEventListener("change", (event) => {
    if (boxes.includes(event.target)) all.checked = boxes.every((box) => box.checked);
  });
}
