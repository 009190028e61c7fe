// The shape as controls: temperature, widths, mandatory leaves, what is always, never and more often drawn.

import { button, count, h, icon, said } from "./dom.js";
import { worded } from "./lab-words.js";

const [LEAST, MOST, STEPS] = [0.2, 100, 1000];
const MOST_WIDTH = 10;
const MOST_LEVELS = 12;

/** Where a temperature stands on the slider, 0 to 1000. */
export const placeOf = (temperature) =>
  Math.round((Math.log(Math.min(MOST, Math.max(LEAST, temperature)) / LEAST) / Math.log(MOST / LEAST)) * STEPS);

/** The temperature at a place of the slider, in three digits; 1 holds a little. */
export function temperatureAt(place) {
  const found = LEAST * (MOST / LEAST) ** (place / STEPS);
  return Math.abs(found - 1) < 0.02 ? 1 : Number(found.toPrecision(3));
}

/** The most features that a draw under these widths can have. */
export const mostFeatures = (widths) => widths.reduce(([sum, level], width) => [sum + level * width, level * width], [0, 1])[0];

/** Returns {element, show(shape), dragging()}. `change(patch)` is called on every tick. */
export function shapeControls(change) {
  let shape = null;
  let held = false;
  const drag = { input: () => (held = true), change: () => (held = false) };
  const heat = temperatureRow();
  const further = furtherRow();
  const widths = h("div", { class: "lab-widths" });
  const mandatory = slider("Mandatory leaves", 0, MOST_WIDTH, (value) => change({ mandatory: value }), drag, "How many of the drawn leaves the task must use.");
  const distinct = h("input", { type: "checkbox", on: { change: () => change({ distinct: distinct.checked }) } });
  const cap = h("span", { class: "dim" });
  const add = button({ words: "Add level", symbol: "add", kind: "quiet" }, () => change({ widths: [...shape.widths, 1] }));
  const element = h(
    "div",
    { class: "lab-shape" },
    heat.element,
    further.element,
    h("div", { class: "lab-label", text: "Width of each level" }),
    widths,
    h("div", { class: "lab-line" }, add, cap),
    mandatory.element,
    h("label", { class: "check", title: "Off: the same child may be drawn twice and counts once, so a level may stay below its width. On: exactly the width, where there are so many." },
      distinct, "Distinct children"),
  );
  const rows = [];

  function show(next) {
    shape = next;
    heat.show(shape.temperatures[0]);
    further.show(shape.temperatures.slice(1));
    while (rows.length < shape.widths.length) rows.push(widthRow(rows.length));
    shape.widths.forEach((width, level) => rows[level].show(width, shape.widths.length));
    const shown = rows.slice(0, shape.widths.length).map((row) => row.element);
    if (widths.children.length !== shown.length) widths.replaceChildren(...shown);
    cap.textContent = `at most ${count(mostFeatures(shape.widths), true)} features a draw`;
    add.disabled = shape.widths.length >= MOST_LEVELS;
    mandatory.show(shape.mandatory);
    distinct.checked = shape.distinct;
  }
  return { element, show, dragging: () => held };

  function temperatureRow() {
    const set = (temperature) => change({ temperatures: [temperature, ...shape.temperatures.slice(1)] });
    const range = h("input", {
      type: "range", min: "0", max: String(STEPS), step: "1", aria: { label: "Temperature" },
      on: { input: () => (drag.input(), set(temperatureAt(Number(range.value)))), change: drag.change },
    });
    const field = h("input", {
      type: "number", step: "any", class: "lab-number", title: "Any number but 0; a negative one turns the distribution over", aria: { label: "Temperature as a number" },
      on: {
        input: () => {
          const value = field.value.trim() === "" ? NaN : Number(field.value);
          const fits = Number.isFinite(value) && value !== 0;
          field.setCustomValidity(fits ? "" : "Any number but 0.");
          wrong.hidden = fits;
          if (fits) set(value);
        },
        blur: () => (field.value = String(shape.temperatures[0]), field.setCustomValidity(""), (wrong.hidden = true)),
      },
    });
    const wrong = h("p", { class: "lab-wrong", hidden: true, text: "A temperature is any number but 0." });
    const one = h("button", { type: "button", class: "lab-one", title: "1 keeps the counts' distribution", text: "1", on: { click: () => set(1) } });
    one.style.setProperty("--at", String(placeOf(1) / STEPS));
    const element = h(
      "div", { class: "lab-temperature" },
      h("div", { class: "lab-line" }, h("span", { class: "lab-label", text: "Temperature" }), h("span", { class: "lab-hint dim" }), field),
      range,
      h("div", { class: "lab-scale dim" }, h("span", { text: "0.2" }), one, h("span", { text: "rare too 100" })),
      wrong,
    );
    const hint = element.querySelector(".lab-hint");
    return {
      element,
      show(temperature) {
        const place = String(placeOf(temperature));
        if (!held && range.value !== place) range.value = place;
        range.setAttribute("aria-valuetext", String(temperature));
        range.classList.toggle("outside", temperature < LEAST || temperature > MOST);
        if (field.getRootNode().activeElement !== field) field.value = String(temperature);
        hint.textContent = temperature < 0 ? "turned over: the rarest most" : temperature === 1 ? "as counted" : temperature < 1 ? "favours the frequent" : "flattens";
      },
    };
  }

  function furtherRow() {
    const chips = h("div", { class: "lab-chips" });
    const field = h("input", { type: "number", step: "any", class: "lab-number", placeholder: "add", aria: { label: "Add a temperature in turn" } });
    const take = () => {
      const value = Number(field.value);
      if (field.value.trim() === "" || !Number.isFinite(value) || value === 0) return;
      field.value = "";
      change({ temperatures: [...shape.temperatures, value] });
    };
    field.addEventListener("change", take);
    const element = h("div", { class: "lab-line", title: "Draws take the temperatures in turn: the first the slider's, the next the first of these" },
      h("span", { class: "lab-label", text: "Then in turn" }), chips, field);
    return {
      element,
      show(values) {
        const key = JSON.stringify(values);
        if (chips.dataset.shown === key) return;
        chips.dataset.shown = key;
        const without = (at) => change({ temperatures: shape.temperatures.filter((_, place) => place !== at + 1) });
        chips.replaceChildren(...values.map((value, at) => chip(String(value), `Take ${value} out`, () => without(at))));
      },
    };
  }

  function widthRow(level) {
    const set = (width) => change({ widths: shape.widths.map((old, at) => (at === level ? width : old)) });
    const row = slider(`Level ${level + 1}`, 1, MOST_WIDTH, set, drag, "Children drawn below each feature of the level above");
    const less = button({ symbol: "remove", title: `Take level ${level + 1} away`, kind: "quiet" }, () => change({ widths: shape.widths.slice(0, -1) }));
    row.element.append(less);
    return {
      element: row.element,
      show(width, levels) {
        row.show(width);
        less.style.visibility = level === levels - 1 && levels > 1 ? "visible" : "hidden";
      },
    };
  }
}

/** A labelled slider that says its number. Larger values than it has room for stay as they are. */
function slider(words, least, most, set, drag, title) {
  const value = h("output", { class: "lab-value" });
  const range = h("input", {
    type: "range", min: String(least), max: String(most), step: "1", aria: { label: words },
    on: { input: () => (drag.input(), set(Number(range.value))), change: drag.change },
  });
  return {
    element: h("label", { class: "lab-slider", title }, h("span", { class: "lab-label", text: words }), range, value),
    show(number) {
      if (Number(range.max) < number) range.max = String(number);
      if (range.value !== String(number)) range.value = String(number);
      value.textContent = String(number);
    },
  };
}

/** A removable word. */
export function chip(words, title, remove, choose = null) {
  const text = h(choose ? "button" : "span", { type: choose ? "button" : null, class: "lab-chip-text", title: words, text: words, on: choose ? { click: choose } : {} });
  return h("span", { class: "lab-chip" }, text, h("button", { type: "button", class: "lab-chip-off", title, aria: { label: title }, on: { click: remove } }, icon("close")));
}

/** The features that a shape fixes, excludes and boosts, as chips. Returns {element, show(shape)}. */
export function limitChips({ change, choose, act }) {
  const kinds = [
    ["fixed", "Always", "keep", "Every draw holds these"],
    ["targets", "Mandatory", "target", "Each draw holds one of these in turn, as a leaf that the task must use"],
    ["excluded", "Never", "block", "No draw holds these"],
    ["boosts", "Boosted", "trending_up", "Categories drawn more or less often than their counts say"],
  ].map(([key, words, symbol, title]) => ({ key, place: h("div", { class: "lab-chips", aria: { label: words } }), words, symbol, title }));
  const buttons = h("div", { class: "lab-line" },
    h("span", { class: "lab-label lab-which", text: "The chosen features (or right-click one):" }),
    worded({ words: "Fix", symbol: "keep", kind: "quiet", title: "The chosen features are always in the draw" }, () => act("lab-fix")),
    worded({ words: "Make mandatory", symbol: "target", kind: "quiet", title: "The chosen features take turns as a leaf that the task must use" }, () => act("lab-require")),
    worded({ words: "Exclude", symbol: "block", kind: "quiet", title: "The chosen features are never in the draw" }, () => act("lab-exclude")),
    worded({ words: "Boost…", symbol: "trending_up", kind: "quiet", title: "Draw the chosen category more or less often" }, () => act("lab-boost")));
  const element = h("div", { class: "lab-limits" },
    kinds.map(({ place, words, symbol, title }) => h("div", { class: "lab-limit", title }, h("span", { class: "lab-label" }, icon(symbol), words), place)), buttons);
  let shown = "";
  return {
    element,
    show(shape) {
      const key = JSON.stringify([shape.fixed, shape.targets, shape.excluded, shape.boosts]);
      if (key === shown) return;
      shown = key;
      for (const { key: kind, place } of kinds) place.replaceChildren(...chipsOf(kind, shape));
    },
  };

  function chipsOf(kind, shape) {
    const made = kind === "boosts"
      ? Object.entries(shape.boosts).map(([name, factor]) =>
          chip(`${name} ×${factor}`, `Boost ${name} no more`, () => change({ boosts: without(shape.boosts, name) }), () => choose([name])))
      : shape[kind].map((path, at) =>
          chip(said(path), `Take ${path.at(-1)} out`, () => change({ [kind]: shape[kind].filter((_, place) => place !== at) }), () => choose(path)));
    return made.length ? made : [h("span", { class: "dim", text: "none" })];
  }
}

export const without = (boosts, name) => Object.fromEntries(Object.entries(boosts).filter(([other]) => other !== name));
