// What the outline shows: conditions in a popover, and a chip for each that is on.

import { button, count, debounce, h, icon, select } from "./dom.js";

const ORIGINS = [["", "Any origin"], ["observed", "Observed only"], ["estimated", "Estimated only"], ["both", "Observed and estimated"]];
const STATUSES = [["*", "Any status"], ["to review", "To review"], ["reviewed", "Reviewed"], ["disputed", "Disputed"], ["", "Without status"]];
const MARKS = [["locked", "Locked"], ["noted", "With a note"], ["leaves", "Without children"], ["proposed", "Has a proposal"], ["cold", "Cold: no draw has held it"]];

/** Conditions as words: [key, words] pairs. */
export function conditions(filter) {
  const found = [];
  const range = ([low, high], one) => (low == null ? `up to ${count(high)}` : high == null ? `${count(low)} or more` : low === high ? `${one}${count(low)}` : `${count(low)} to ${count(high)}`);
  if (filter.words?.trim()) found.push(["words", `“${filter.words.trim()}” in the path`]);
  if (filter.levels) found.push(["levels", `level ${range(filter.levels, "")}`]);
  if (filter.origin) found.push(["origin", ORIGINS.find(([key]) => key === filter.origin)?.[1].toLowerCase() ?? filter.origin]);
  if (filter.counts) found.push(["counts", `count ${range(filter.counts, "")}`]);
  if (typeof filter.status === "string") found.push(["status", filter.status || "without status"]);
  for (const [key, words] of MARKS) if (filter[key]) found.push([key, words.split(":")[0].toLowerCase()]);
  return found;
}

/** Adds the button with its popover to the bar and the chips below the bar. */
export function addFilters({ root, store, commands, ends }, element) {
  const badge = h("span", { class: "filter-badge", hidden: true });
  const opener = button({ symbol: "filter_list", words: "Filter", title: "Filter the outline", key: "Ctrl+Shift+F", aria: { label: "Filter the outline", expanded: "false", haspopup: "dialog", controls: "filter-popover" } }, () => toggle(popover.hidden));
  opener.append(badge);
  const form = formOf(store);
  const popover = h(
    "div",
    { class: "filter-popover", id: "filter-popover", role: "dialog", aria: { label: "Filter" }, hidden: true },
    form.element,
    h("div", { class: "filter-foot" }, button({ words: "Clear all", kind: "quiet" }, () => store.set({ filter: {} })), button({ words: "Done", kind: "primary" }, () => toggle(false))),
  );
  const chips = h("div", { class: "filter-chips", role: "group", aria: { label: "Filters that are on" }, hidden: true });
  element.append(h("div", { class: "filter" }, opener, popover));
  element.closest("header").after(chips);

  function toggle(open) {
    if (popover.hidden === !open) return;
    popover.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) {
      form.show(store.state.filter);
      form.focus();
    } else opener.focus();
  }
  const outside = (event) => {
    if (!popover.hidden && !event.composedPath().includes(popover) && !event.composedPath().includes(opener)) {
      popover.hidden = true;
      opener.setAttribute("aria-expanded", "false");
    }
  };
  document.addEventListener("pointerdown", outside, true);
  popover.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    toggle(false);
  });

  function shown() {
    const on = conditions(store.state.filter);
    badge.hidden = !on.length;
    badge.textContent = String(on.length);
    opener.setAttribute("aria-label", on.length ? `Filter the outline, ${on.length} on` : "Filter the outline");
    chips.hidden = !on.length;
    const clear = button({ words: "Clear all", kind: "quiet" }, () => store.set({ filter: {} }));
    chips.replaceChildren(icon("filter_list"), ...on.map(([key, words]) => chip(words, () => store.set({ filter: without(store.state.filter, key) }))), on.length > 1 ? clear : "");
    if (!popover.hidden) form.show(store.state.filter);
  }

  ends.push(store.on(["filter"], shown), () => document.removeEventListener("pointerdown", outside, true));
  shown();
  commands.add(
    { id: "filter", title: "Filter the outline", group: "Find", key: "Ctrl+Shift+F", symbol: "filter_list", run: () => toggle(true) },
    { id: "filter-clear", title: "Clear all filters", group: "Find", symbol: "filter_list_off", enabled: (state) => conditions(state.filter).length > 0, run: () => store.set({ filter: {} }) },
    ...MARKS.map(([key, words]) => ({
      id: `filter-${key}`, title: `Show only: ${words.split(":")[0].toLowerCase()}`, group: "Find", symbol: "filter_list",
      enabled: (state) => !state.filter[key], run: () => store.set({ filter: { ...store.state.filter, [key]: true } }),
    })),
  );
}

const chip = (words, run) =>
  h("span", { class: "filter-chip" }, h("span", { class: "filter-words", text: words, title: words }), button({ symbol: "close", title: `Remove: ${words}`, kind: "quiet" }, run));

function without(filter, key) {
  const { [key]: _, ...rest } = filter;
  return rest;
}

function formOf(store) {
  const words = h("input", { type: "text", class: "filter-input", placeholder: "each word somewhere in the path", maxlength: "1000", spellcheck: "false", aria: { label: "Words in the path" } });
  const [low, high] = [number("From level", "1"), number("To level", "any")];
  const [least, most] = [number("Count from", "0", "any"), number("Count to", "any", "any")];
  const origin = select({ aria: { label: "Origin" } }, ORIGINS, "", changed);
  const status = select({ aria: { label: "Status" } }, STATUSES, "*", changed);
  const marks = MARKS.map(([key, said]) => [key, h("input", { type: "checkbox", id: `filter-${key}`, on: { change: changed } }), said]);
  const soon = debounce(changed, 150);
  for (const field of [words, low, high, least, most]) {
    field.addEventListener("input", soon);
    field.addEventListener("keydown", (event) => event.key === "Enter" && changed());
  }

  function changed() {
    soon.cancel();
    const filter = {};
    if (words.value.trim()) filter.words = words.value.trim();
    const levels = range(low, high);
    if (levels) filter.levels = levels;
    if (origin.value) filter.origin = origin.value;
    const counts = range(least, most);
    if (counts) filter.counts = counts;
    if (status.value !== "*") filter.status = status.value;
    for (const [key, box] of marks) if (box.checked) filter[key] = true;
    if (JSON.stringify(filter) !== JSON.stringify(store.state.filter)) store.set({ filter });
  }

  function show(filter) {
    const at = words.getRootNode().activeElement;
    const put = (field, value) => field !== at && (field.value = value ?? "");
    put(words, filter.words);
    put(low, filter.levels?.[0]);
    put(high, filter.levels?.[1]);
    put(least, filter.counts?.[0]);
    put(most, filter.counts?.[1]);
    origin.value = filter.origin ?? "";
    status.value = typeof filter.status === "string" ? filter.status : "*";
    for (const [key, box] of marks) box.checked = Boolean(filter[key]);
  }

  const line = (label, ...fields) => h("div", { class: "filter-line" }, h("span", { class: "filter-label", text: label }), h("div", { class: "filter-fields" }, fields));
  const element = h(
    "div",
    { class: "filter-form" },
    line("Words", words),
    line("Level", low, h("span", { class: "dim", text: "to" }), high),
    line("Count", least, h("span", { class: "dim", text: "to" }), most),
    line("Origin", origin),
    line("Status", status),
    line("Only", h("div", { class: "filter-marks" }, marks.map(([key, box, said]) => h("label", { for: `filter-${key}` }, box, said)))),
  );
  return { element, show, focus: () => words.focus() };
}

/** Two fields as a range; null where neither says anything that makes sense. */
function range(from, to) {
  const [low, high] = [from, to].map((field) => (field.value === "" || !field.checkValidity() ? null : Number(field.value)));
  if (low === null && high === null) return null;
  return low !== null && high !== null && low > high ? [high, low] : [low, high];
}

const number = (label, placeholder, step = "1") =>
  h("input", { type: "number", class: "filter-number", min: step === "1" ? "1" : "0", step, placeholder, aria: { label } });
