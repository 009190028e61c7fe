// The search above the panes: hits as one types, chosen without leaving the keyboard.

import { call } from "./api.js";
import { button, count, h, icon, said } from "./dom.js";
import { addFilters } from "./filters.js";
import { addLinks } from "./links.js";
import { addPalette } from "./palette.js";

const MOST = 50;

/** How to write what is looked for: [sign, meaning, example]. */
export const WAYS = [
  ["", "part of a name", "parse"],
  [">", "path: names above, then the name", "error > retry"],
  ["^", "beginning of a name", "^read"],
  ["~", "near spelling", "~asyncronous"],
];

/** What somebody wrote as a question to the server: {query, mode}, or null where there is nothing to look for. */
export function readQuery(text) {
  const written = text.trim();
  const sign = { "~": "fuzzy", "^": "prefix", ">": "path" }[written[0]];
  const query = sign ? written.slice(1).trim() : written;
  if (!query || !query.replace(/[>/\s]/g, "")) return query && !sign && !query.includes(">") ? { query, mode: "substring" } : null;
  if (sign) return { query, mode: sign };
  return { query, mode: /\S\s*>\s*\S/.test(query) ? "path" : "substring" };
}

/** A name with what was looked for marked, as nodes. */
export function marked(name, query, mode) {
  const wanted = (mode === "path" ? query.split(query.includes(">") ? ">" : "/").map((part) => part.trim()).filter(Boolean).at(-1) : query).toLowerCase();
  const small = name.toLowerCase();
  const at = mode === "fuzzy" || small.length !== name.length ? -1 : mode === "prefix" ? (small.startsWith(wanted) ? 0 : -1) : small.indexOf(wanted);
  if (at < 0) return [name];
  return [name.slice(0, at), h("mark", { text: name.slice(at, at + wanted.length) }), name.slice(at + wanted.length)].filter((part) => part !== "");
}

/** Asks while somebody types: what is under way is given up for what is newer. Calls `shown(answer, question)`. */
export function asYouType(shown, failed, limit = MOST) {
  let under = null;
  const stop = () => under?.abort();
  async function ask(question) {
    stop();
    under = new AbortController();
    const { signal } = under;
    try {
      const answer = await call("/api/tree/search", { ...question, limit }, { signal });
      if (!signal.aborted) shown(answer, question);
    } catch (error) {
      if (error.name !== "AbortError" && !signal.aborted) failed(error);
    }
  }
  return { ask, stop };
}

/** The search field with its hits; also brings the filters, the palette and the links. */
export function searchPane(context, element) {
  const { store, commands } = context;
  const list = h("ul", { class: "search-hits", role: "listbox", id: "search-hits", aria: { label: "Hits" } });
  const foot = h("div", { class: "search-foot dim", role: "status" });
  const box = h("div", { class: "search-box", hidden: true }, list, foot);
  const field = h("input", {
    type: "text", class: "search-field", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: "1000",
    placeholder: "Search features… ( a > b path, ^begins, ~near )", title: WAYS.map(([sign, what, example]) => `${sign ? `${sign} ` : ""}${what}, e.g. ${example}`).join("\n"),
    aria: { label: "Search features", expanded: "false", controls: "search-hits", autocomplete: "list", haspopup: "listbox" },
  });
  const clear = button({ symbol: "close", title: "Clear the search", kind: "quiet search-clear", hidden: true }, () => {
    field.value = "";
    typed();
    field.focus();
  });
  const search = h("div", { class: "search", role: "search" }, icon("search", { class: "search-icon" }), field, clear, box);
  element.append(search);
  let hits = [];
  let at = -1;

  const asking = asYouType(show, (error) => tell([], error.message));

  function typed() {
    clear.hidden = !field.value;
    const question = readQuery(field.value);
    if (question) asking.ask(question);
    else {
      asking.stop();
      close();
    }
  }

  function show({ hits: found, total }, question) {
    hits = found;
    const rows = found.map((hit, number) => row(hit, question, number));
    const all = total === null ? "There are more" : `${count(total)} ${total === 1 ? "hit" : "hits"}`;
    tell(rows, !found.length ? "No feature is called so. ~ before the word looks for near spellings." : found.length === total ? all : `The first ${found.length}. ${all}; write more to narrow it.`);
    list.dataset.query = question.query;
    point(found.length ? 0 : -1);
  }

  function tell(rows, words) {
    if (!rows.length) hits = [];
    list.replaceChildren(...rows);
    list.scrollTop = 0;
    foot.textContent = words;
    open();
  }

  function row(hit, { query, mode }, number) {
    const above = said(hit.path.slice(0, -1)) || "a category";
    return h(
      "li",
      { class: "search-hit", role: "option", id: `search-hit-${number}`, title: said(hit.path), aria: { selected: "false" }, on: { click: () => choose(number), pointermove: () => number !== at && point(number, false) } },
      h("span", { class: "search-name" }, h("span", { class: "search-own" }, marked(hit.path.at(-1), query, mode)), hit.locked ? icon("lock") : null),
      h("span", { class: "search-count dim", text: count(hit.count, true), title: `count ${count(hit.count)}` }),
      h("span", { class: "search-path dim", text: above }),
    );
  }

  function point(to, scroll = true) {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = to;
    const row = list.children[at];
    row?.setAttribute("aria-selected", "true");
    if (row && scroll) row.scrollIntoView({ block: "nearest" });
    if (row) field.setAttribute("aria-activedescendant", row.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function open() {
    box.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }

  function close() {
    box.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function choose(number) {
    const hit = hits[number];
    if (!hit) return;
    close();
    jump(store, hit);
  }

  field.addEventListener("input", typed);
  field.addEventListener("focus", () => field.value && (list.children.length || foot.textContent) && readQuery(field.value) && typed());
  field.addEventListener("blur", close);
  box.addEventListener("pointerdown", (event) => event.preventDefault());
  field.addEventListener("keydown", (event) => {
    const end = hits.length - 1;
    const to = { ArrowDown: at >= end ? 0 : at + 1, ArrowUp: at <= 0 ? end : at - 1, PageDown: Math.min(end, at + 8), PageUp: Math.max(0, at - 8) }[event.key];
    if (to !== undefined && hits.length) {
      if (box.hidden) open();
      else point(to);
    } else if (event.key === "Enter") choose(Math.max(at, 0));
    else if (event.key === "Escape" && !box.hidden) close();
    else if (event.key === "Escape") {
      field.value = "";
      typed();
      field.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  commands.add({
    id: "search", title: "Search features", group: "Find", key: "/ / Ctrl+F", symbol: "search",
    run: () => {
      field.focus();
      field.select();
    },
  });
  addFilters(context, element);
  addPalette(context);
  addLinks(context);
  context.ends.push(() => asking.stop());
  return { focus: () => field.focus() };
}

/** Goes to a hit; where it lies outside the branch that is shown, the whole tree is shown again. */
export function jump(store, { node, above }) {
  const { top } = store.state;
  store.choose(node, { top: node === top || above.includes(top) ? top : 0 });
}
