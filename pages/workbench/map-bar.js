// Above and below the map: where it is (breadcrumbs), what it measures and paints (switches), what colours mean.

import { button, h, select } from "./dom.js";
import { openMenu } from "./dialog.js";
import { css } from "./map-colours.js";
import { printable } from "./map-draw.js";

export const AREAS = [
  ["count", "Count"],
  ["observed", "Observed"],
  ["estimated", "Estimated"],
  ["chance", "Chance in a draw"],
];
export const COLOURS = [
  ["depth", "Depth"],
  ["origin", "Origin"],
  ["coverage", "Coverage"],
  ["passes", "Pass rate"],
];
const ENDS = { before: 1, after: 3 };
const WHOLE = "All features";

/** What a switch says for a value. */
export const wordsOf = (pairs, value) => pairs.find(([key]) => key === value)?.[1] ?? pairs[0][1];

/** The names from the whole tree down to the top of a map. */
export const crumbNames = (crumbs) => crumbs.map(({ id, name }) => (id ? printable(name) : WHOLE));

/** The switches. Returns {element, show}. */
export function mapSwitches(store) {
  const area = select({ aria: { label: "Area" } }, AREAS, store.state.area, (value) => store.set({ area: value }));
  const colour = select({ aria: { label: "Colour" } }, COLOURS, store.state.colour, (value) => store.set({ colour: value }));
  const nested = button({ symbol: "view_quilt", title: "Treemap", kind: "quiet" }, () => store.set({ layout: "treemap" }));
  const columns = button({ symbol: "account_tree", title: "Icicle", kind: "quiet" }, () => store.set({ layout: "icicle" }));
  const element = h(
    "div",
    { class: "map-switches", role: "toolbar", aria: { label: "What the map shows" } },
    h("label", {}, h("span", { text: "Area" }), area),
    h("label", {}, h("span", { text: "Colour" }), colour),
    h("span", { class: "map-layouts" }, nested, columns),
  );
  const show = () => {
    area.value = wordsOf(AREAS, store.state.area) === AREAS[0][1] ? "count" : store.state.area;
    colour.value = wordsOf(COLOURS, store.state.colour) === COLOURS[0][1] ? "depth" : store.state.colour;
    nested.setAttribute("aria-pressed", String(store.state.layout !== "icicle"));
    columns.setAttribute("aria-pressed", String(store.state.layout === "icicle"));
  };
  show();
  return { element, show };
}

/** The breadcrumbs. `go` is told the id of the branch to be shown. Returns {element, show}. */
export function breadcrumbs(root, go) {
  const element = h("nav", { class: "map-crumbs", aria: { label: "Where the map is" } });
  const show = (crumbs) => {
    const names = crumbNames(crumbs);
    const one = ({ id }, at) =>
      h("button", {
        type: "button", class: "map-crumb", text: names[at], title: names[at],
        aria: at === crumbs.length - 1 ? { current: "location" } : {}, on: { click: () => go(id) },
      });
    const hidden = crumbs.length > ENDS.before + ENDS.after + 1 ? crumbs.slice(ENDS.before, -ENDS.after) : [];
    const open = (event) => {
      const { left, bottom } = event.target.getBoundingClientRect();
      openMenu(root, left, bottom, hidden.map(({ id }, at) => ({ title: names[at + ENDS.before], run: () => go(id) })));
    };
    const dots = h("button", { type: "button", class: "map-crumb", text: "…", title: "The features between", on: { click: open } });
    const made = crumbs.map((crumb, at) => (hidden.includes(crumb) ? (crumb === hidden[0] ? dots : null) : one(crumb, at)));
    const line = made.filter(Boolean).flatMap((crumb, at) => (at ? [h("span", { text: "›", aria: { hidden: "true" } }), crumb] : [crumb]));
    element.replaceChildren(...line);
  };
  return { element, show };
}

/** The legend. Returns {element, show}. */
export function legendLine() {
  const element = h("ul", { class: "map-legend", aria: { label: "What the colours mean" } });
  const show = (entries, title) => {
    const one = ({ colour, words }) =>
      h("li", {}, h("i", { style: { background: css(colour) }, aria: { hidden: "true" } }), h("span", { text: words }));
    element.replaceChildren(h("li", { class: "dim", text: title }), ...entries.map(one));
  };
  return { element, show };
}
