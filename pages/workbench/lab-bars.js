// Pairs of bars, one above the other, for two shares of the same feature. Rows stay and take other values.

import { h, percent } from "./dom.js";

/** Returns {element, show(parts)}; a part is {node, name, first, second, title, chosen}. `choose(node)` may be left out. */
export function pairedBars(label, choose, between = "→") {
  const list = h("ul", { class: "lab-bars", aria: { label } });
  const rows = [];
  const show = (parts) => {
    const most = Math.max(1e-12, ...parts.flatMap((part) => [part.first, part.second]));
    while (rows.length < parts.length) rows.push(rowOf(choose, between));
    parts.forEach((part, at) => rows[at].show(part, most));
    const shown = rows.slice(0, parts.length).map((row) => row.element);
    if (list.children.length !== shown.length) list.replaceChildren(...shown);
  };
  return { element: list, show };
}

function rowOf(choose, between) {
  const name = h("span", { class: "lab-bar-name" });
  const numbers = h("span", { class: "lab-bar-numbers" });
  const first = h("span", { class: "lab-bar first" });
  const second = h("span", { class: "lab-bar second" });
  let node = 0;
  const inside = h(
    choose ? "button" : "div",
    { type: choose ? "button" : null, class: "lab-bar-row", on: choose ? { click: () => node > 0 && choose(node) } : {} },
    name, numbers, h("span", { class: "lab-bar-pair" }, first, second),
  );
  return {
    element: h("li", {}, inside),
    show(part, most) {
      node = part.node;
      name.textContent = part.name;
      numbers.textContent = `${percent(part.first)} ${between} ${percent(part.second)}`;
      inside.title = part.title ?? part.name;
      inside.classList.toggle("chosen", Boolean(part.chosen));
      inside.dataset.node = String(part.node);
      first.style.width = `${(part.first / most) * 100}%`;
      second.style.width = `${(part.second / most) * 100}%`;
    },
  };
}
