// What the keyboard does in the outline: every key is a command, so that help, palette and menus know it too.

import { openMenu } from "./dialog.js";
import { keyOf } from "./commands.js";

const TYPED_TOGETHER = 900;

/** Adds the outline's commands, its menu and its type-ahead. */
export function outlineKeys(context, outline) {
  const { commands, store } = context;
  const { scroller } = outline;
  const group = "Outline";
  const add = (all, more) => commands.add(...all.map((one) => ({ ...more, where: () => [scroller], ...one })));
  add(moving(outline), { group });
  add(opening(outline), { group, enabled: () => Boolean(outline.row && !outline.row.ghost) });
  add(choosing(outline), { group });
  add(editing(context, outline), { group: "Edit", menu: true });
  commands.add(...anywhere(context, outline));
  scroller.addEventListener("keydown", typeAhead(context, outline));
  scroller.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    const element = event.target.closest(".o-row");
    const row = element && outline.data.row(element.index);
    if (row && !(row.id && store.state.selected.includes(row.id))) outline.goTo(element.index);
    if (row || !element) showMenu(context, event.clientX, event.clientY);
  });
}

function moving(outline) {
  const to = (step, choose) => () => outline.goTo(outline.focus.index < 0 ? 0 : outline.focus.index + step, choose);
  const page = () => Math.max(1, outline.rows.shown - 2);
  const last = () => outline.data.total - 1;
  return [
    { id: "row-down", title: "Next row", key: "ArrowDown", run: to(1) },
    { id: "row-up", title: "Row before", key: "ArrowUp", run: to(-1) },
    { id: "row-first", title: "First row", key: "Home", run: () => outline.goTo(0) },
    { id: "row-last", title: "Last row", key: "End", run: () => outline.goTo(last()) },
    { id: "page-down", title: "A page down", key: "PageDown", run: () => to(page())() },
    { id: "page-up", title: "A page up", key: "PageUp", run: () => to(-page())() },
    { id: "choose-down", title: "Choose down to the next row", key: "Shift+ArrowDown", run: to(1, "range") },
    { id: "choose-up", title: "Choose up to the row before", key: "Shift+ArrowUp", run: to(-1, "range") },
    { id: "choose-first", title: "Choose up to the first row", key: "Shift+Home", run: () => outline.goTo(0, "range") },
    { id: "choose-last", title: "Choose down to the last row", key: "Shift+End", run: () => outline.goTo(last(), "range") },
    { id: "look-down", title: "Go down without choosing", key: "Ctrl+ArrowDown", run: to(1, "") },
    { id: "look-up", title: "Go up without choosing", key: "Ctrl+ArrowUp", run: to(-1, "") },
  ];
}

function opening(outline) {
  const right = () => {
    const { row, focus } = outline;
    if (row.below && !row.open) return outline.change("expand", row.id);
    return row.open ? outline.goTo(focus.index + 1) : undefined;
  };
  const left = () => {
    const { row, data, store } = outline;
    if (row.open && !row.ghost) return outline.change("collapse", row.id);
    if (!row.parent || row.parent === store.state.top) return undefined;
    const above = data.indexOf(row.parent);
    return above === undefined ? store.choose(row.parent, { ghost: null }) : outline.goTo(above);
  };
  return [
    { id: "open", title: "Open, or go to the first child", key: "ArrowRight", run: right },
    { id: "close", title: "Close, or go to the parent", key: "ArrowLeft", enabled: () => Boolean(outline.row), run: left },
    { id: "open-below", title: "Expand all below", key: "*", symbol: "unfold_more", menu: true, run: () => outline.change("expand_all", outline.row.id) },
    { id: "close-below", title: "Collapse all below", key: "-", symbol: "unfold_less", menu: true, run: () => outline.change("collapse_all", outline.row.id) },
  ];
}

function choosing(outline) {
  const siblings = async () => {
    const found = await outline.ask("/api/tree/siblings", { node: outline.focus.id });
    if (!found) return;
    if (!found.whole) outline.context.notices.say("There are more siblings than can be chosen at once: the first 5,000 are.");
    outline.chooseMany(found.nodes);
  };
  const menu = () => {
    const box = (outline.rows.elementOf(outline.focus.index) ?? outline.scroller).getBoundingClientRect();
    showMenu(outline.context, box.left + 40, box.top + 22);
  };
  const toggle = () => outline.focus.id && outline.toggle(outline.focus.id);
  const something = (state) => outline.cut.size > 0 || state.selected.length > 0 || Boolean(state.ghost);
  return [
    { id: "choose-siblings", title: "Choose all siblings", key: "Ctrl+A", enabled: () => outline.focus.id > 0, run: siblings },
    { id: "toggle", title: "Add to or take from the choice", key: "Ctrl+Space", run: toggle },
    { id: "nothing", title: "Choose nothing", key: "Escape", enabled: something, run: () => outline.nothing() },
    { id: "menu", title: "Menu of the feature", key: "Shift+F10 / ContextMenu", run: menu },
  ];
}

function editing(context, outline) {
  const { moves } = outline;
  const some = (state) => state.selected.length > 0 && !state.ghost;
  const one = (state) => state.selected.length === 1 && !state.ghost;
  const few = (state) => state.selected.length <= 1 && !state.ghost;
  const cut = () => {
    outline.cut = new Set(outline.chosen);
    outline.rows.paint();
  };
  return [
    { id: "add-sibling", title: "New feature beside it", key: "Enter / Insert", symbol: "add", enabled: few, run: () => addBeside(outline) },
    { id: "add-child", title: "New feature below it", key: "Shift+Enter", symbol: "subdirectory_arrow_right", enabled: few, run: () => addBelow(outline) },
    { id: "indent", title: "Move below the sibling above", key: "Tab", symbol: "format_indent_increase", enabled: some, run: () => moves.indent() },
    { id: "outdent", title: "Move beside the parent", key: "Shift+Tab", symbol: "format_indent_decrease", enabled: some, run: () => moves.outdent() },
    { id: "shift-up", title: "Move up", key: "Alt+ArrowUp", symbol: "arrow_upward", enabled: one, run: () => moves.shift(-1) },
    { id: "shift-down", title: "Move down", key: "Alt+ArrowDown", symbol: "arrow_downward", enabled: one, run: () => moves.shift(1) },
    { id: "cut", title: "Cut", key: "Ctrl+X", symbol: "content_cut", enabled: some, run: cut },
    { id: "paste", title: "Paste below it", key: "Ctrl+V", symbol: "content_paste", enabled: (state) => outline.cut.size > 0 && few(state), run: () => moves.paste() },
    { id: "copy", title: "Copy paths", key: "Ctrl+C", symbol: "content_copy", enabled: some, run: () => moves.copy() },
  ];
}

function anywhere({ store }, outline) {
  const rename = async () => {
    const { node } = store.state;
    if (outline.focus.id !== node || !outline.row) await outline.show(node);
    else outline.rows.reveal(outline.focus.index);
    outline.naming.rename(node);
  };
  const up = () => store.set({ top: outline.data.way.at(-2)?.[0] ?? 0 });
  const one = (state) => state.node > 0 && state.selected.length === 1;
  return [
    { id: "rename", title: "Rename", group: "Edit", key: "F2", symbol: "edit", menu: true, enabled: one, run: rename },
    {
      id: "zoom-here", title: "Zoom here", group: "View", key: "Alt+ArrowRight", symbol: "zoom_in", menu: true,
      enabled: (state) => state.node > 0 && state.node !== state.top, run: () => store.set({ top: store.state.node }),
    },
    { id: "zoom-out", title: "Zoom out", group: "View", key: "Alt+ArrowLeft", symbol: "zoom_out", menu: true, enabled: (state) => state.top > 0, run: up },
  ];
}

// the field is there at once, whatever the server does: the next key belongs to it
function addBeside(outline) {
  const { row, focus, store, naming } = outline;
  if (!row || !store.state.node) return naming.add({ parent: store.state.top, after: -1, depth: 0 });
  // where siblings are shown by name it finds its place by itself
  return naming.add({ parent: row.parent, before: row.next, after: focus.index, depth: row.depth });
}

function addBelow(outline) {
  const { row, focus, store, naming } = outline;
  if (!row || !store.state.node) return addBeside(outline);
  naming.add({ parent: row.id, after: focus.index, depth: row.depth + 1 });
  if (row.below && !row.open) outline.change("expand", row.id);
  return undefined;
}

/** Goes to the next row whose name begins as typed; the same letter again goes to the one after it. */
function typeAhead({ commands, store }, outline) {
  let typed = "";
  let before = 0;
  const find = async (text, first) => {
    const found = await outline.ask("/api/tree/typeahead", { view: outline.data.view, text, first: Math.max(0, first) });
    if (found && found.row >= 0) outline.goTo(found.row);
  };
  return (event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey || event.target !== outline.scroller) return;
    const now = performance.now();
    if (now - before > TYPED_TOGETHER) typed = "";
    if (!typed && commands.all().some((one) => one.key.split(" / ").includes(keyOf(event)) && one.enabled(store.state))) return;
    event.preventDefault();
    if (!typed && event.key === " ") return;
    before = now;
    typed += event.key;
    const same = [...typed].every((letter) => letter === typed[0]);
    if (outline.data.view) find(same ? typed[0] : typed, outline.focus.index + (same ? 1 : 0));
  };
}

/** Shows what can be done with the chosen features. */
export function showMenu({ root, commands, store }, x, y) {
  const { state } = store;
  // of what is only proposed: what means nothing elsewhere, as a feature is not there yet
  const fits = (command) => command.enabled(state) && !(state.ghost && command.enabled({ ...state, ghost: null }));
  const offered = commands.all().filter((command) => command.menu && fits(command));
  if (!offered.length) return;
  const groups = [...new Set(offered.map(({ group }) => group))];
  const items = groups.flatMap((group, at) => [
    ...(at ? [null] : []),
    ...offered
      .filter((command) => command.group === group)
      .map((command) => ({ ...command, enabled: true, run: () => command.run() })),
  ]);
  openMenu(root, x, y, items);
}
