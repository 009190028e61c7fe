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
  const one = h("div", { class: "inspect-one" }, head.element, actions.element, sections.map((section) => section.element));
  one.hidden = true;
  element.classList.add("inspect");
  element.append(bad, one, many.element);
  let shown = null;
  let later = 0;

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
    bad.hidden = many.element.hidden = true;
    one.hidden = false;
    head.update(data);
    actions.update(data);
    for (const section of sections) section.update(data);
    if (other) element.scrollTop = 0;
    shown = data.node;
    // lists of their own requests wait until somebody stays: arrow keys pass over many features
    clearTimeout(later);
    later = setTimeout(() => sections.forEach((section) => section.settle?.(data)), LATER);
  }

  function showMany(data, asked) {
    bad.hidden = one.hidden = true;
    many.element.hidden = false;
    shown = null;
    many.update(data, asked);
  }

  function fail(error, node) {
    if (node !== store.state.node) return;
    bad.hidden = false;
    bad.textContent = error.kind === "not found" ? "This feature is no longer in the tree: it was deleted or merged." : error.message;
    if (error.kind === "not found") one.hidden = many.element.hidden = true;
  }

  context.ends.push(
    store.on(["node", "selected", "rev", "temperature", "shape", "panel"], refresh),
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
