// What axe-core cannot see on a page; findings.py calls one of these by its name and says which criterion it is about.
(what) => {
  const LEAST_PX = 24;
  const TARGETS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]";

  function name(one) {
    const words = (one.getAttribute("aria-label") || one.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${one.tagName.toLowerCase()}${one.id && `#${one.id}`}${[...one.classList].map((it) => `.${it}`).join("")} “${words}”`;
  }
  const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  const between = (least, value, most) => Math.max(least, Math.min(value, most));

  function sideways() {
    const wide = document.documentElement.scrollWidth;
    if (wide <= innerWidth) return [];
    const outside = [...document.querySelectorAll("header *, main *, .player *")]
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1);
    return [`${wide} px wide of ${innerWidth}: ${outside.slice(0, 3).map(name).join(", ")}`];
  }

  // Hidden inputs are drawn by what is around them.
  function drawn(one) {
    const box = one.getBoundingClientRect();
    const isHidden = box.width < 4 || box.height < 4 || getComputedStyle(one).opacity === "0";
    return one.matches("input") && isHidden ? (one.closest("label, .wave, .big-wave") ?? one).getBoundingClientRect() : box;
  }
  function barOf(one) {
    for (let it = one; it; it = it.parentElement) if (["fixed", "sticky"].includes(getComputedStyle(it).position)) return it;
    return null;
  }
  function coverAt(one, [x, y]) {
    const top = document.elementFromPoint(x, y);
    if (!top || one.contains(top) || top.contains(one) || top.closest("label")?.contains(one)) return null;
    const bar = barOf(top);
    return bar && !bar.contains(one) ? bar : null;
  }
  function hasOutline(one) {
    for (let it = one, up = 0; it && up < 4; it = it.parentElement, up += 1) {
      const style = getComputedStyle(it);
      if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) return true;
    }
    return false;
  }
  // Begin a walk with the Tab key at the top of the page.
  function forget() {
    document.querySelectorAll("[data-was-focused]").forEach((one) => one.removeAttribute("data-was-focused"));
    document.activeElement.blur();
    scrollTo(0, 0);
  }
  // The focused element: in view, not wholly under a bar, and with an outline. Null after the last one.
  function focus() {
    const one = document.activeElement;
    if (!one || one === document.body || one.hasAttribute("data-was-focused")) return null;
    one.setAttribute("data-was-focused", "");
    const box = drawn(one);
    const shares = [0.02, 0.5, 0.98];
    const points = shares.flatMap((x) => shares.map((y) => [box.left + box.width * x, box.top + box.height * y]));
    const inside = points.filter(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight);
    const covers = inside.map((point) => coverAt(one, point));
    const wrong = [];
    if (!inside.length) wrong.push(`outside the view: ${name(one)}`);
    else if (covers.every(Boolean)) wrong.push(`under ${name(covers[0]).slice(0, 50)}: ${name(one)}`);
    if (!hasOutline(one)) wrong.push(`no outline: ${name(one)}`);
    return wrong;
  }

  // A checkbox is as large as its label, and so is whatever else a label makes larger.
  function targetBox(one) {
    const own = one.getBoundingClientRect();
    const label = one.closest("label") ?? (one.id && document.querySelector(`label[for="${CSS.escape(one.id)}"]`));
    return label && one.matches("[type=checkbox], [type=radio]") ? label.getBoundingClientRect() : own;
  }
  // What an open menu or a bar is over cannot be pressed, nor can it be pressed by mistake.
  function isUnder(one, box) {
    const [x, y] = middle(box);
    return x >= 0 && y >= 0 && x < innerWidth && y < innerHeight && coverAt(one, [x, y]) !== null;
  }
  const isSmall = (box) => box.width < LEAST_PX - 0.5 || box.height < LEAST_PX - 0.5;
  function isInSentence(one) {
    const hasText = [...one.parentElement.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim().length > 1);
    return hasText && getComputedStyle(one).display.startsWith("inline");
  }
  // A circle of 24 px around the middle of a small target touches no other target, and no other small one's circle.
  function isNear([x, y], box) {
    const [ox, oy] = isSmall(box) ? middle(box) : [between(box.left, x, box.right), between(box.top, y, box.bottom)];
    return Math.hypot(x - ox, y - oy) < (isSmall(box) ? LEAST_PX : LEAST_PX / 2) - 0.5;
  }
  function small() {
    const boxes = [...document.querySelectorAll(TARGETS)]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
      .map((one) => [one, targetBox(one)])
      .filter(([one, box]) => box.width > 1 && box.height > 1 && !isUnder(one, box));
    const isCrowded = ([one, box]) => boxes.some(([other, its]) => (
      !other.contains(one) && !one.contains(other) && other.closest("label") !== (one.closest("label") ?? one) && isNear(middle(box), its)
    ));
    return boxes
      .filter((pair) => isSmall(pair[1]) && !isInSentence(pair[0]) && isCrowded(pair))
      .map(([one, box]) => `${Math.round(box.width)} × ${Math.round(box.height)} px: ${name(one)}`);
  }

  return { sideways, forget, focus, small }[what]();
}
