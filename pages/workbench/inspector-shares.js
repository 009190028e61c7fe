// How the children of a feature share its draws, before and after the temperature.

import { count, h, percent } from "./dom.js";
import { section } from "./inspector-section.js";

/** Returns {element, update(data)}. Rows stay and take other values: nothing flickers while a slider moves. */
export function sharesSection({ store }) {
  const place = section("shares", "Children");
  const legend = h("p", { class: "inspect-legend dim" });
  const list = h("ul", { class: "inspect-shares" });
  const rest = rowOf(() => {}, true);
  const none = h("p", { class: "dim inspect-none", text: "It has no children: a draw that comes here ends here." });
  const rows = [];
  place.body.append(legend, list, none);

  function update(data) {
    const { parts, rest: others } = data.distribution;
    const most = Math.max(1e-12, ...parts.flatMap((part) => [part.before, part.after]), others.many ? Math.max(others.before, others.after) : 0);
    while (rows.length < parts.length) rows.push(rowOf((node) => store.choose(node)));
    parts.forEach((part, at) => rows[at].show(part, most));
    if (others.many) rest.show({ ...others, node: 0, name: `${count(others.many)} more` }, most);
    const elements = [...rows.slice(0, parts.length), ...(others.many ? [rest] : [])].map((row) => row.element);
    if (list.children.length !== elements.length || [...list.children].some((child, at) => child !== elements[at])) list.replaceChildren(...elements);
    none.hidden = parts.length > 0 || data.node === 0;
    legend.hidden = parts.length === 0;
    const { temperature } = store.state;
    legend.replaceChildren(
      h("span", { class: "inspect-key before" }), "by counts", h("span", { class: "inspect-key after" }), `at temperature ${Number(Number(temperature).toPrecision(3))}`,
    );
    place.element.hidden = data.node === 0 && !data.children;
    place.say(data.children ? count(data.children) : "");
  }
  return { element: place.element, update };
}

function rowOf(choose, rest = false) {
  const name = h("span", { class: "inspect-share-name" });
  const numbers = h("span", { class: "inspect-share-numbers" });
  const before = h("span", { class: "inspect-bar before" });
  const after = h("span", { class: "inspect-bar after" });
  let node = 0;
  const inside = h(rest ? "div" : "button", { type: rest ? null : "button", class: "inspect-share", on: { click: () => choose(node) } },
    name, numbers, h("span", { class: "inspect-bars" }, before, after));
  return {
    element: h("li", { class: rest ? "inspect-rest" : "" }, inside),
    show(part, most) {
      node = part.node;
      name.textContent = part.name;
      numbers.textContent = `${percent(part.before)} → ${percent(part.after)}`;
      inside.title = `${part.name}\ncount ${count(part.count)} · ${percent(part.before)} by counts · ${percent(part.after)} reweighted`;
      before.style.width = `${(part.before / most) * 100}%`;
      after.style.width = `${(part.after / most) * 100}%`;
    },
  };
}
