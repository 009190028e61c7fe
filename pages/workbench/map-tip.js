// What the map says about one block: beside the pointer, and to those who listen.

import { count, h, percent } from "./dom.js";
import { crumbNames } from "./map-bar.js";
import { printable } from "./map-draw.js";

/** The names above a block of the map, from the category down. */
export function pathOf(blocks, row) {
  const names = [];
  for (let at = blocks.parent[row]; at > 0; at = blocks.parent[at]) names.unshift(printable(blocks.names[at]));
  return [...crumbNames(blocks.crumbs).slice(1), ...names];
}

/** The name of a block. */
export const nameOf = (blocks, row) =>
  blocks.more[row] ? `+${count(blocks.more[row])} more` : row ? printable(blocks.names[row]) : crumbNames(blocks.crumbs).at(-1);

/** What is known of a block, in short sentences. */
export function factsOf(blocks, row, { area, colour }) {
  const share = `${percent(blocks.share[row])} of what is shown`;
  if (blocks.more[row]) {
    const leads = blocks.parent[row] ? "to look into the feature that holds them" : "to find them in the outline";
    return [share, `Each too small to be drawn. Click ${leads}.`];
  }
  const estimated = blocks.estimated[row];
  const counts = [
    `observed ${count(blocks.observed[row])}`,
    estimated === null ? "not estimated" : `estimated ${count(estimated)}`,
  ].join(" · ");
  const value = blocks.values?.[row];
  const facts = [counts, area === "chance" ? `${share}, by the chance in a draw` : share];
  if (blocks.children[row]) facts.push(`${count(blocks.children[row])} right below it`);
  if (colour === "coverage" && value !== undefined) {
    facts.push(value ? `drawn ${count(value)} times` : value === null ? "tasks are told the language, draws never hold it" : "never drawn (cold)");
  }
  if (colour === "passes") facts.push(value === undefined || value === null ? "no task yet" : `${percent(value)} of its tasks passed`);
  return facts;
}

/** The tooltip. Returns {element, show(blocks, row, x, y, how), hide}. */
export function mapTip() {
  const element = h("div", { class: "map-tip", role: "tooltip", hidden: true });
  let shown = null;
  const show = (blocks, row, x, y, how) => {
    const key = `${row}`;
    if (shown?.blocks !== blocks || shown.key !== key) {
      const above = pathOf(blocks, row);
      element.replaceChildren(
        above.length ? h("div", { class: "map-tip-path", text: above.join(" › ") }) : "",
        h("b", { text: nameOf(blocks, row) }),
        ...factsOf(blocks, row, how).map((fact) => h("div", { text: fact })),
      );
      shown = { blocks, key };
    }
    element.hidden = false;
    const room = element.offsetParent ?? element.parentElement;
    const left = x + 14 + element.offsetWidth > room.clientWidth ? x - element.offsetWidth - 10 : x + 14;
    const top = y + 16 + element.offsetHeight > room.clientHeight ? y - element.offsetHeight - 8 : y + 16;
    element.style.transform = `translate(${Math.max(2, Math.round(left))}px, ${Math.max(2, Math.round(top))}px)`;
  };
  const hide = () => {
    element.hidden = true;
  };
  const forget = () => {
    shown = null;
    hide();
  };
  return { element, show, hide, forget };
}
