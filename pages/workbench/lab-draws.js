// Drawn subtrees as small nested outlines; one of them, or all, stand out in outline and map.

import { count, h } from "./dom.js";
import { worded } from "./lab-words.js";

/** Returns {element, show(answer), clear()}. `ask()` wants fresh draws; `settings` holds {seed, count} and keeps them. */
export function drawnTrees({ store, settings, ask, visible }) {
  let answer = null;
  let chosen = null; // the number of the draw that alone stands out
  let hovered = null;
  const cards = h("div", { class: "lab-draws" });
  const seed = h("input", { type: "number", min: "0", max: "9007199254740991", step: "1", class: "lab-number wide", aria: { label: "Seed" }, on: { input: () => set("seed", seed, 0, 2 ** 53) } });
  const many = h("input", { type: "number", min: "1", max: "24", step: "1", class: "lab-number", aria: { label: "Draws" }, on: { input: () => set("count", many, 1, 24) } });
  const again = worded({ words: "Draw again", symbol: "casino", title: "Draw again, with the next seed" }, () => {
    settings.set({ seed: settings.seed + 1 });
    fields();
    ask();
  });
  const lit = h("input", { type: "checkbox", on: { change: () => (settings.set({ lit: lit.checked }), light()) } });
  lit.checked = settings.lit;
  const shown = h("label", { class: "check lab-lit", title: "Features that a draw holds: framed in the map, bold with a bar in the outline. Point at a draw, or choose it, to see it alone." },
    lit, "Show draws in outline and map", h("span", { class: "lab-frame", aria: { hidden: "true" } }));
  const summary = h("p", { class: "dim lab-summary" });
  const element = h("div", {}, h("div", { class: "lab-line" }, h("label", {}, "Draws ", many), h("label", { title: "The same seed, tree and shape give the same draws" }, "Seed ", seed), again), shown,
    summary, h("p", { class: "dim lab-meaning" }, h("b", { text: "● bold" }), ": leaves that the task must use"), cards);
  const made = [];
  fields();

  function fields() {
    seed.value = String(settings.seed);
    many.value = String(settings.count);
  }

  function set(key, field, least, most) {
    const value = Number(field.value);
    if (field.value.trim() === "" || !Number.isInteger(value) || value < least || value > most) return;
    settings.set({ [key]: value });
    ask();
  }

  function show(next) {
    answer = next;
    if (chosen !== null && chosen >= answer.draws.length) chosen = null;
    while (made.length < answer.draws.length) made.push(card(made.length));
    answer.draws.forEach((drawn, at) => made[at].show(drawn, answer.names));
    const all = made.slice(0, answer.draws.length).map((one) => one.element);
    if (cards.children.length !== all.length) cards.replaceChildren(...all);
    const ends = answer.draws.flatMap(({ rows }) => rows.filter(([, , mark]) => mark).map(([node]) => node));
    const features = answer.draws.reduce((sum, { rows }) => sum + rows.length, 0);
    summary.textContent = answer.draws.length
      ? `${count(features / answer.draws.length)} features a draw · ${new Set(ends).size} distinct of ${ends.length} leaves`
      : "";
    light();
  }

  function clear() {
    answer = null;
    cards.replaceChildren();
    summary.textContent = "";
    light();
  }

  /** Lets outline and map show the draws: the one pointed at, else the chosen one, else all. */
  function light() {
    made.forEach((one, number) => one.mark(number === chosen));
    if (!visible() || !answer || !settings.lit) {
      if (store.state.drawn) store.set({ drawn: null });
      return;
    }
    const only = hovered ?? chosen;
    const nodes = new Map();
    const ends = new Set();
    for (const drawn of answer.draws) {
      if (only !== null && drawn.number !== only) continue;
      for (const [node, , mark] of drawn.rows) {
        nodes.set(node, (nodes.get(node) ?? 0) + 1);
        if (mark) ends.add(node);
      }
    }
    store.set({ drawn: { nodes, ends } });
  }

  function card(number) {
    const title = h("button", { type: "button", class: "lab-card-title", aria: { pressed: "false" }, title: "Show this draw alone in outline and map" });
    const list = h("ul", { class: "lab-tree" });
    const point = (to) => () => {
      hovered = to;
      light();
    };
    title.addEventListener("click", () => {
      chosen = chosen === number ? null : number;
      if (chosen !== null && !settings.lit) settings.set({ lit: (lit.checked = true) });
      hovered = null;
      light();
    });
    list.addEventListener("click", (event) => {
      const node = Number(event.target.closest("button")?.dataset.node);
      if (node) store.choose(node);
    });
    const on = { pointerenter: point(number), pointerleave: point(null) };
    const element = h("div", { class: "lab-card", on }, title, list);
    const rows = [];
    return {
      element,
      mark: (is) => {
        element.classList.toggle("chosen", is);
        title.setAttribute("aria-pressed", String(is));
      },
      show(drawn, names) {
        title.textContent = `Draw ${drawn.number + 1} · temperature ${drawn.temperature} · ${drawn.rows.length} features`;
        while (rows.length < drawn.rows.length) rows.push(row());
        drawn.rows.forEach(([node, depth, mark], at) => rows[at].show(node, depth, mark, names[node]));
        const shown = rows.slice(0, drawn.rows.length).map((one) => one.element);
        while (list.children.length > shown.length) list.lastChild.remove();
        for (let at = list.children.length; at < shown.length; at += 1) list.append(shown[at]);
      },
    };
  }

  function row() {
    const button_ = h("button", { type: "button", class: "lab-node" });
    const element = h("li", {}, button_);
    return {
      element,
      show(node, depth, mark, name) {
        button_.textContent = name;
        button_.title = mark === 2 ? `${name}\nmandatory: the task must use it` : name;
        button_.dataset.node = String(node);
        button_.className = `lab-node ${mark === 2 ? "mandatory" : mark ? "end" : ""}`;
        element.style.setProperty("--depth", String(depth - 1));
      },
    };
  }

  return { element, show, clear, light };
}
