// What several chosen features come to together.

import { count, h } from "./dom.js";
import { wayOf } from "./inspector-head.js";

/** Returns {element, update(answer, asked)}. */
export function manyPart({ store }) {
  const title = h("h2", {});
  const names = h("p", { class: "dim inspect-names" });
  const crumbs = h("ol", { class: "inspect-crumbs" });
  const facts = h("dl", { class: "inspect-facts" });
  const element = h("div", { class: "inspect-many", hidden: true },
    title, names,
    h("div", { class: "inspect-label", text: "Together below" }), h("nav", { aria: { label: "Common parent" } }, crumbs), facts);

  function update(answer, asked) {
    title.textContent = `${count(answer.many)} features chosen`;
    const rest = answer.many - answer.first.length;
    names.textContent = answer.first.map(({ name }) => name).join(", ") + (rest > 0 ? ` and ${count(rest)} more` : "");
    crumbs.replaceChildren(...wayOf(answer.parent, store, true));
    const rows = [
      ["Observed", count(answer.observed)],
      ["Estimated", count(answer.estimated)],
      ["Weight in draws", count(Number(answer.weight.toPrecision(6)))],
      ["Without children", count(answer.leaves)],
      ["Locked", count(answer.locked)],
      ["Siblings", answer.siblings ? "all of one parent" : "of several parents"],
    ];
    if (answer.gone.length) rows.push(["No longer there", count(answer.gone.length)]);
    if (asked > answer.many + answer.gone.length) rows.push(["Not added up", count(asked - answer.many - answer.gone.length)]);
    facts.replaceChildren(...rows.map(([words, value]) => h("div", { class: "inspect-fact" }, h("dt", { text: words }), h("dd", { text: value }))));
  }
  return { element, update };
}
