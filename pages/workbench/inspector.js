// The inspector: what is known about the feature that is looked at, and where a person says more about it.

import { call } from "./api.js";
import { h, newest } from "./dom.js";
import { evidenceSection } from "./inspector-evidence.js";
import { headPart } from "./inspector-head.js";
import { historySection, madeSection } from "./inspector-lists.js";
import { manyPart } from "./inspector-many.js";
import { actionsPart } from "./inspector-actions.js";
import { sharesSection } from "./inspector-shares.js";

const LATER = 90;

/** What a question about a feature says of how draws weigh. */
export function weighing({ temperature, shape }) {
  return { temperature: temperature || 1, boosts: shape?.boosts ?? {}, excluded: shape?.excluded ?? [] };
}

/** The panel. Returns {rename(): opens the name for writing}. */
export function inspectorPane(context, element) {
  const { store } = context;
  const head = headPart(context);
  const many = manyPart(context);
  const actions = actionsPart(context);
  const sections = [sharesSection(context), evidenceSection(context), madeSection(context), historySection(context)];
  const bad = h("p", { class: "inspect-bad", role: "alert", hidden: true });
  const lists = h("div", {}, sections.map((section) => section.element));
  const parts = { one: [head.element, lists], many: [many.element], any: [actions.element] };
  element.classList.add("inspect");
  element.append(bad, head.element, many.element, actions.element, lists);
  let shown = null;
  let seen = -1;
  let later = 0;

  /** Shows the parts for one feature, for several, or none. */
  function turn(to) {
    for (const [name, elements] of Object.entries(parts)) for (const part of elements) part.hidden = name === "any" ? !to : name !== to;
    bad.hidden = Boolean(to);
  }
  turn("");
  bad.hidden = true;

  const refresh = newest(async () => {
    const { node, selected } = store.state;
    if (element.hidden) return;
    try {
      if (selected.length > 1) showMany(await call("/api/tree/chosen", { nodes: selected.slice(0, 20_000) }), selected.length);
      else showOne(await call("/api/tree/node", { node, ...weighing(store.state) }));
    } catch (error) {
      fail(error, node);
    }
  });

  function showOne(data) {
    if (data.node !== store.state.node || store.state.selected.length > 1) return;
    const other = data.node !== shown;
    seen = data.rev;
    turn("one");
    head.update(data);
    actions.update();
    for (const section of sections) section.update(data);
    element.dataset.node = String(data.node);
    if (other) element.scrollTop = 0;
    shown = data.node;
    // lists of their own requests wait until somebody stays: arrow keys pass over many features
    clearTimeout(later);
    later = setTimeout(() => sections.forEach((section) => section.settle?.(data)), LATER);
  }

  function showMany(data, asked) {
    turn("many");
    shown = null;
    many.update(data, asked);
    actions.update();
  }

  function fail(error, node) {
    if (node !== store.state.node) return;
    const gone = error.kind === "not found";
    if (gone) turn("");
    bad.hidden = false;
    bad.textContent = gone ? "This feature is no longer in the tree: it was deleted or merged." : error.message;
  }

  context.ends.push(
    store.on(["node", "selected", "rev", "made", "weights", "panel"], (state, changed) => {
      if (changed.length > 1 || changed[0] !== "rev" || state.rev !== seen) refresh();
    }),
    () => clearTimeout(later),
  );
  refresh();
  context.commands.add({
    id: "inspect-note", title: "Write a note", group: "Feature", key: "Alt+N", symbol: "edit_note",
    enabled: (state) => state.node > 0 && state.selected.length < 2,
    run: () => {
      store.set({ panel: "inspect" });
      head.focusNote();
    },
  });
  return { rename: () => head.rename(), refresh };
}
