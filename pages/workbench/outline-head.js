// Above the rows: where one is, how many there are, and what opens and closes all of them.

import { button, count, h, icon, select } from "./dom.js";

/** The outline's header. Returns {element, draw(answer), say(words)}. */
export function outlineHead({ store }, outline) {
  const total = h("span", { class: "o-total", aria: { live: "polite" } });
  const way = h("nav", { class: "o-way", hidden: true, aria: { label: "Where the outline begins" } });
  const levels = [["", "Levels"], ...[1, 2, 3, 4, 5, 6].map((level) => [level, level === 1 ? "1 level" : `${level} levels`])];
  const fold = (level) => {
    if (level) outline.change("to_level", 0, { level: Number(level) });
    chooser.value = "";
  };
  const chooser = select({ class: "select o-fold", title: "Show so many levels", aria: { label: "Show so many levels" } }, levels, "", fold);
  const tools = h(
    "div",
    { class: "o-tools" },
    h("h2", { text: "Outline" }),
    total,
    chooser,
    button({ symbol: "unfold_more", title: "Expand all", kind: "quiet" }, () => outline.change("expand_all", store.state.top)),
    button({ symbol: "unfold_less", title: "Collapse all", kind: "quiet" }, () => outline.change("collapse_all", store.state.top)),
  );
  const step = ([id, name]) =>
    h("button", { type: "button", class: "o-step", text: name, title: name, on: { click: () => store.set({ top: id }) } });
  const draw = (answer) => {
    const filtered = Object.keys(store.state.filter).length > 0;
    total.textContent = `${count(answer.total)} ${answer.total === 1 ? "row" : "rows"}${filtered ? ", filtered" : ""}`;
    total.classList.remove("bad");
    total.title = `${count(answer.features)} features in the tree`;
    way.hidden = !answer.way.length;
    const steps = [[0, "Whole tree"], ...answer.way];
    way.replaceChildren(
      button({ symbol: "arrow_upward", title: "One level up", key: "Alt+Left", kind: "quiet" }, () => store.set({ top: steps.at(-2)[0] })),
      ...steps.flatMap((one, at) => [at ? icon("chevron_right", { class: "dim" }) : null, step(one)]).filter(Boolean),
    );
    way.scrollLeft = way.scrollWidth;
  };
  const say = (words) => {
    total.textContent = words;
    total.classList.add("bad");
  };
  return { element: h("header", { class: "o-head" }, tools, way), draw, say };
}
