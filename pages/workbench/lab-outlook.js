// What n draws come to, and what n tasks cost: computed after a drag has ended, the newest question only.

import { call } from "./api.js";
import { count, h, newest, select } from "./dom.js";
import { approximately } from "./lab-words.js";

const PATIENCE = 220;
/** While a tree goes on changing, so many times as long as computing takes is left to everything else. */
const REST = 5;

/** Returns {element, ask(), follow() (the tree changed), models(told)}. */
export function outlook({ store, settings, dragging, visible, told, tell }) {
  const n = h("input", { type: "number", min: "1", max: "10000000", step: "1", class: "lab-number wide", value: String(settings.n), aria: { label: "Number of draws" }, on: { input: again } });
  const numbers = { distinct: fact("Distinct leaves"), reachable: fact("Reachable leaves"), repeats: fact("Repeated draws"), features: fact("Features a draw") };
  const status = h("span", { class: "dim lab-status", role: "status" });
  const facts = h("dl", { class: "lab-facts" }, Object.values(numbers).map((one) => one.element));
  const uncounted = h("p", { class: "dim lab-basis" });
  const model = h("span", { class: "lab-model" });
  const price = { input: priceField("input"), output: priceField("output") };
  const prices = h("div", { class: "lab-line lab-prices" }, h("span", { class: "dim", text: "Price of a million tokens" }),
    h("label", {}, "in ", price.input), h("label", {}, "out ", price.output));
  const other = h("input", { type: "text", class: "lab-other", placeholder: "another model", maxlength: "200", aria: { label: "Another model" }, on: { change: named } });
  const cost = h("p", { class: "lab-cost" });
  const basis = h("p", { class: "dim lab-basis" });
  const element = h("div", {},
    h("div", { class: "lab-line" }, h("label", {}, "For ", n, " draws"), status),
    facts, uncounted,
    h("div", { class: "lab-line" }, h("span", { class: "lab-label", text: "Cost with" }), model, other),
    prices, cost, basis);

  let took = 0;
  let rested = 0;
  let next = 0;
  let later = 0;
  const run = newest(async () => {
    if (!visible() || !store.state.shape) return;
    const body = { shape: store.state.shape, n: settings.n };
    const began = performance.now();
    busy(true);
    try {
      show((await call("/api/lab/expect", body)).outlook);
      busy(false);
    } catch (error) {
      busy(false, error.kind === "bad input" ? "" : error.message);
      facts.classList.add("stale");
    }
    took = performance.now() - began;
    rested = began + took + REST * took;
  });
  const spend = newest(async () => {
    if (!visible()) return;
    try {
      const { estimate } = await call("/api/lab/cost", { n: settings.n, model: settings.model });
      cost.textContent = costWords(estimate, settings.n);
      basis.textContent = basisWords(estimate);
    } catch (error) {
      cost.textContent = error.message;
    }
  });
  // what takes long is not begun while a slider goes on from tick to tick
  const soon = () => {
    clearTimeout(next);
    next = setTimeout(() => (dragging() ? soon() : run()), Math.max(PATIENCE, took));
  };

  function follow() {
    later ||= setTimeout(() => {
      later = 0;
      soon();
    }, Math.max(0, rested - performance.now()));
  }

  function again() {
    const value = Number(n.value);
    if (!Number.isInteger(value) || value < 1 || value > 10_000_000) return;
    settings.set({ n: value });
    soon();
    spend();
  }

  function busy(is, words = "") {
    status.textContent = is ? "computing…" : words;
    facts.setAttribute("aria-busy", String(is));
    facts.classList.toggle("stale", is);
  }

  function show(found) {
    numbers.distinct.show(approximately(found.distinct_leaves), found.distinct_leaves / Math.max(1, found.reachable));
    numbers.reachable.show(count(found.reachable));
    numbers.repeats.show(found.repeats_at_most === null ? "–" : found.repeats_at_most < 0.05 ? "none" : `≤ ${approximately(found.repeats_at_most)}`);
    numbers.features.show(Number(found.features.toPrecision(3)).toString());
    numbers.repeats.element.title = found.repeats_at_most === null ? "It would take too long to compute for so large widths." : "Draws that hold exactly the features of an earlier one: no more than this, on average.";
    const left = [found.rules_ignored && "rules (never, only with)", store.state.shape.targets.length && "mandatory features that take turns"].filter(Boolean);
    uncounted.textContent = left.length ? `Not counted: ${left.join(" and ")}.` : "";
  }

  function models() {
    const { engine, prices: known } = told();
    const all = [...new Set([engine.model, ...Object.keys(known), settings.model].filter(Boolean))];
    const chosen = settings.model && all.includes(settings.model) ? settings.model : engine.model;
    model.replaceChildren(select({ "aria-label": "Model" }, all.map((name) => [name, name === engine.model ? `${name} (of the settings)` : name]), chosen, choose));
    for (const side of ["input", "output"]) {
      if (price[side].getRootNode().activeElement !== price[side]) price[side].value = known[chosen] ? String(known[chosen][side]) : "";
    }
    prices.hidden = engine.kind === "offline" && chosen === engine.model;
    spend();
  }

  function choose(value) {
    settings.set({ model: value });
    models();
  }

  function named() {
    const value = other.value.trim();
    other.value = "";
    if (value) choose(value);
  }

  function priceField(side) {
    const field = h("input", { type: "number", min: "0", step: "any", class: "lab-number", aria: { label: `Price of a million ${side} tokens` } });
    field.addEventListener("change", async () => {
      const [input, output] = [price.input, price.output].map((one) => Math.max(0, Number(one.value) || 0));
      try {
        tell(await call("/api/lab/price", { model: settings.model || told().engine.model, input, output }));
      } catch (error) {
        cost.textContent = error.message;
      }
    });
    return field;
  }

  return { element, ask: soon, follow, models };
}

/** What n tasks cost, in plain words. */
export function costWords({ cost, reason, input_tokens: input, output_tokens: output }, n) {
  if (!cost) return `The cost is not known: ${reason}`;
  const money = (value) => (value >= 100 ? count(Math.round(value)) : value.toFixed(2));
  const range = cost.low === null || cost.low === cost.high ? "" : `, probably between ${money(cost.low)} and ${money(cost.high)}`;
  const tokens = input && output ? ` About ${count(Math.round(input.mean), true)} tokens in and ${count(Math.round(output.mean), true)} out.` : "";
  const what = n === 1 ? "1 task costs" : `${count(n)} tasks cost`;
  return cost.mean === 0 && !range ? `${what} nothing.${tokens}` : `${what} about ${money(cost.mean)}${range}.${tokens}`;
}

/** What an estimate rests on. */
export function basisWords({ rests_on: past, of_this_model: own, reason, cost }) {
  if (!cost) return "";
  if (!past) return reason ? `Measured: nothing, as ${reason}` : "";
  const whose = own ? "of this model" : "of other models: another one uses more or fewer tokens";
  return `Rests on ${count(past)} past ${past === 1 ? "task" : "tasks"} ${whose}${past < 5 ? "; too few to tell a range" : ""}.`;
}

function fact(words) {
  const value = h("dd", { text: "–" });
  const share = h("span", { class: "lab-share" });
  return {
    element: h("div", {}, h("dt", { text: words }), value, share),
    show(text, part) {
      value.textContent = text;
      share.style.width = part === undefined ? "0" : `${Math.min(1, part) * 100}%`;
    },
  };
}
