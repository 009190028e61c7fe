// The command palette and the list of keys: everything that can be done, found by its words.

import { h, icon, said } from "./dom.js";
import { keyOf } from "./commands.js";
import { asYouType, jump, marked, readQuery, WAYS } from "./search.js";

const EVERYWHERE = ["search", "palette", "keys"];
const NOWHERE = [...EVERYWHERE, "filter", "copy-link", "inspect-note", "undo", "redo"];
const FEATURES = 8;

/** How well letters fit a text in their order: null, or {score, at: places}. Beginnings of words and runs count more. */
export function fuzzy(letters, text) {
  const [wanted, small] = [letters.toLowerCase().replace(/\s+/g, ""), text.toLowerCase()];
  const whole = small.indexOf(letters.trim().toLowerCase());
  if (letters.trim() && whole >= 0 && small.length === text.length) {
    const at = Array.from({ length: letters.trim().length }, (_, number) => whole + number);
    return { score: 100 + at.length * 4 - whole, at };
  }
  const at = [];
  let score = 0;
  let from = 0;
  for (const letter of wanted) {
    const begins = beginning(small, letter, from);
    const found = begins >= 0 && (at.at(-1) !== from - 1 || small[from] !== letter) ? begins : small.indexOf(letter, from);
    if (found < 0) return null;
    score += found === at.at(-1) + 1 ? 4 : found === begins ? 3 : 1 - Math.min(found - from, 10) / 10;
    at.push(found);
    from = found + 1;
  }
  return { score: score - text.length / 100, at };
}

function beginning(text, letter, from) {
  for (let at = text.indexOf(letter, from); at >= 0; at = text.indexOf(letter, at + 1)) if (at === 0 || /[^a-z0-9]/.test(text[at - 1])) return at;
  return -1;
}

/** The enabled commands that fit, the best first; all of them, by group, where nothing is written.
 *
 * What only moves about in a list has no symbol, and means nothing without the list.
 */
export function fitting(commands, written, state) {
  const enabled = commands.filter((command) => command.symbol && command.enabled(state));
  if (!written.trim()) return enabled.map((command) => ({ command, at: [] })).sort((a, b) => a.command.group.localeCompare(b.command.group));
  return enabled
    .map((command) => {
      const title = fuzzy(written, command.title);
      const beside = `${command.group} ${command.key}`.toLowerCase().includes(written.trim().toLowerCase());
      return { command, at: title?.at ?? [], score: title?.score ?? 0, fits: title || beside };
    })
    .filter(({ fits }) => fits)
    .sort((a, b) => b.score - a.score);
}

/** Adds the palette, the list of keys, and keys that work wherever somebody writes. */
export function addPalette(context) {
  const { root, store, commands, dialogs, ends } = context;
  commands.add(
    { id: "palette", title: "Command palette", group: "Help", key: "Ctrl+K / Ctrl+Shift+P", symbol: "terminal", run: () => openPalette(context) },
    { id: "keys", title: "Keys and commands", group: "Help", key: "F1 / ?", symbol: "keyboard", run: () => openKeys(dialogs, commands, store) },
  );
  const run = (event, command) => {
    event.preventDefault();
    event.stopPropagation();
    command.run();
  };
  const inside = (event) => {
    const command = (event.ctrlKey || event.metaKey || event.key === "F1") && commands.of(event, store.state);
    if (command && EVERYWHERE.includes(command.id) && !root.querySelector("dialog[open]")) run(event, command);
  };
  // with the focus nowhere, as after loading, the page itself would get the keys
  const outside = (event) => {
    if (event.target !== document.body || root.querySelector("dialog[open]")) return;
    const command = commands.of(event, store.state);
    if (NOWHERE.includes(command?.id)) run(event, command);
  };
  root.addEventListener("keydown", inside, true);
  document.addEventListener("keydown", outside, true);
  ends.push(() => document.removeEventListener("keydown", outside, true));
}

function openPalette({ root, store, commands }) {
  const list = h("ul", { class: "palette-list", role: "listbox", id: "palette-list", aria: { label: "Commands and features" } });
  const field = h("input", {
    type: "text", class: "palette-field", role: "combobox", placeholder: "What do you want to do, or where do you want to go?", autocomplete: "off", spellcheck: "false", maxlength: "500",
    aria: { label: "Command or feature", expanded: "true", controls: "palette-list", autocomplete: "list" },
  });
  const dialog = h("dialog", { class: "dialog palette", aria: { label: "Command palette" } }, field, list);
  let offered = [];
  let features = [];
  let at = 0;
  const asking = asYouType(({ hits }, question) => {
    features = hits.map((hit) => featureOf(hit, question));
    show();
  }, () => {}, FEATURES);

  const featureOf = (hit, { query, mode }) => ({
    run: () => jump(store, hit), symbol: "subdirectory_arrow_right", key: "",
    words: marked(hit.path.at(-1), query, mode), group: said(hit.path.slice(0, -1)) || "category",
  });
  const commandOf = ({ command, at: places }) => ({
    run: () => commands.run(command.id, store.state), symbol: command.symbol ?? "chevron_right", key: command.key, words: lettersMarked(command.title, places), group: command.group,
  });

  function typed() {
    const question = field.value.trim().length > 1 ? readQuery(field.value) : null;
    if (question) asking.ask(question);
    else {
      asking.stop();
      features = [];
    }
    at = 0;
    show();
  }
  function show() {
    const found = fitting(commands.all(), field.value, store.state).filter(({ command }) => command.id !== "palette").map(commandOf);
    offered = [...found, ...features];
    list.replaceChildren(...offered.flatMap((item, number) => [number === found.length ? h("li", { class: "palette-group dim", role: "presentation", text: "Features" }) : null, rowOf(item, number)].filter(Boolean)));
    if (!offered.length) list.replaceChildren(h("li", { class: "palette-group dim", role: "presentation", text: "Nothing is called so." }));
    point(Math.min(at, Math.max(offered.length - 1, 0)));
  }
  const rowOf = (item, number) =>
    h("li", { class: "palette-item", role: "option", id: `palette-${number}`, aria: { selected: "false" }, on: { click: () => go(number), pointermove: () => number !== at && point(number, false) } },
      icon(item.symbol), h("span", { class: "palette-words" }, item.words), h("span", { class: "palette-where dim", text: item.group, title: item.group }), keysOf(item.key));
  function point(to, scroll = true) {
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    at = to;
    const row = list.querySelector(`#palette-${at}`);
    row?.setAttribute("aria-selected", "true");
    if (scroll) row?.scrollIntoView({ block: "nearest" });
    if (row) field.setAttribute("aria-activedescendant", row.id);
    else field.removeAttribute("aria-activedescendant");
  }
  function go(number) {
    const item = offered[number];
    if (!item) return;
    dialog.close();
    item.run();
  }
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const end = offered.length - 1;
    const to = { ArrowDown: at >= end ? 0 : at + 1, ArrowUp: at <= 0 ? end : at - 1, PageDown: Math.min(end, at + 8), PageUp: Math.max(0, at - 8) }[event.key];
    if (to !== undefined) point(to);
    else if (event.key === "Enter") go(at);
    else if (event.key === "Escape" || ["Ctrl+K", "Ctrl+Shift+P"].includes(keyOf(event))) dialog.close();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    asking.stop();
    dialog.remove();
  });
  field.addEventListener("input", typed);
  root.append(dialog);
  dialog.showModal();
  field.focus();
  typed();
}

function lettersMarked(title, places) {
  const at = new Set(places);
  const parts = [];
  [...title.matchAll(/./gsu)].forEach(({ 0: letter, index }) => {
    const hit = at.has(index);
    if (parts.length && parts.at(-1).hit === hit) parts.at(-1).text += letter;
    else parts.push({ hit, text: letter });
  });
  return parts.map(({ hit, text }) => (hit ? h("mark", { text }) : text));
}

const ARROWS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", ContextMenu: "Menu" };
const keysOf = (key) =>
  h("span", { class: "palette-keys" }, key.split(" / ").filter(Boolean).map((one) => h("kbd", { text: one.replace(/Arrow\w+|ContextMenu/, (name) => ARROWS[name] ?? name) })));

function openKeys(dialogs, commands, store) {
  const groups = grouped(commands.all());
  const blocks = [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([group, members]) =>
    h("section", { class: "keys-group" }, h("h3", { text: group }),
      h("dl", {}, members.map((command) => h("div", { class: command.enabled(store.state) ? "" : "keys-off" }, h("dt", { text: command.title }), h("dd", {}, keysOf(command.key)))))));
  const ways = h("section", { class: "keys-group" }, h("h3", { text: "What the search understands" }),
    h("dl", {}, WAYS.map(([, what, example]) => h("div", {}, h("dt", { text: what }), h("dd", {}, h("kbd", { text: example }))))));
  dialogs.open({ title: "Keys and commands", wide: true, body: h("div", { class: "keys" }, blocks, ways), actions: [{ words: "Close", kind: "primary" }] });
}

function grouped(all) {
  const groups = new Map();
  for (const command of all) {
    const group = command.group || "More";
    groups.set(group, [...(groups.get(group) ?? []), command]);
  }
  return groups;
}
