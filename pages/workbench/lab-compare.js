// Two shapes side by side: settings, what they come to, how they share categories, and what they draw.

import { call } from "./api.js";
import { count, h, newest, select } from "./dom.js";
import { pairedBars } from "./lab-bars.js";
import { approximately } from "./lab-words.js";

const EXAMPLES = 2;
const ROWS = [
  ["Temperature", ({ shape }) => shape.temperatures.join(", then ")],
  ["Widths", ({ shape }) => shape.widths.join(" · ")],
  ["Mandatory leaves", ({ shape }) => String(shape.mandatory)],
  ["Distinct children", ({ shape }) => (shape.distinct ? "yes" : "no")],
  ["Always / mandatory", ({ shape }) => `${shape.fixed.length} / ${shape.targets.length}`],
  ["Never / boosted", ({ shape }) => `${shape.excluded.length} / ${Object.keys(shape.boosts).length}`],
  ["Features a draw", ({ outlook }) => outlook && approximately(outlook.features)],
  ["Distinct leaves", ({ outlook }) => outlook && `${approximately(outlook.distinct_leaves)} of ${count(outlook.reachable)}`],
  ["Repeated draws", ({ outlook }) => outlook && (outlook.repeats_at_most === null ? "–" : outlook.repeats_at_most < 0.05 ? "none" : `≤ ${approximately(outlook.repeats_at_most)}`)],
];

/** Opens the comparison. `choices`: [key, words, shape]. */
export function compareShapes({ dialogs }, { choices, n }) {
  const chosen = [choices[0][0], (choices.find(([key]) => key !== choices[0][0]) ?? choices[0])[0]];
  const pick = (side, words) => select({ "aria-label": words }, choices.map(([key, name]) => [key, name]), chosen[side], (value) => {
    chosen[side] = value;
    fill();
  });
  const cells = ROWS.map(() => [h("td"), h("td")]);
  const problem = h("p", { class: "lab-wrong", role: "alert", hidden: true });
  const bars = pairedBars("Chance of each category to be in a draw, A and B", null, "·");
  const examples = [h("div", { class: "lab-examples" }), h("div", { class: "lab-examples" })];
  const table = h("table", { class: "lab-compare" },
    h("thead", {}, h("tr", {}, h("th", { text: `Over ${count(n)} draws` }), h("th", { scope: "col" }, "A ", pick(0, "Shape A")), h("th", { scope: "col" }, "B ", pick(1, "Shape B")))),
    h("tbody", {}, ROWS.map(([words], at) => h("tr", {}, h("th", { scope: "row", text: words }), cells[at]))));
  const body = h("div", {}, problem, table,
    h("h3", { text: "In a draw, by category" }), h("p", { class: "lab-legend dim" }, h("span", { class: "lab-key first" }), "A", h("span", { class: "lab-key second" }), "B"), bars.element,
    h("h3", { text: "Drawn" }), h("div", { class: "lab-both" }, examples));
  const opened = dialogs.open({ title: "Compare two shapes", body, wide: true, actions: [{ words: "Close" }] });
  const fill = newest(async () => {
    problem.hidden = true;
    table.setAttribute("aria-busy", "true");
    const sides = await Promise.all(chosen.map((key) => asked(choices.find(([one]) => one === key)[2], n)));
    table.setAttribute("aria-busy", "false");
    sides.forEach((side, at) => {
      ROWS.forEach(([, words], row) => (cells[row][at].textContent = words(side) ?? "–"));
      examples[at].replaceChildren(...(side.draws ?? []).map(({ rows }) => h("ul", { class: "lab-tree" }, rows.map(([node, depth, mark]) =>
        h("li", { class: `lab-example ${mark === 2 ? "mandatory" : mark ? "end" : ""}`, data: { depth: String(depth - 1) }, text: side.names[node] })))));
      examples[at].querySelectorAll("li").forEach((line) => line.style.setProperty("--depth", line.dataset.depth));
    });
    const wrong = sides.map(({ error }, at) => error && `${"AB"[at]}: ${error}`).filter(Boolean);
    problem.textContent = wrong.join(" ");
    problem.hidden = !wrong.length;
    bars.show(paired(sides));
  });
  fill();
  return opened;
}

async function asked(shape, n) {
  try {
    const [draw, expect] = await Promise.all([call("/api/lab/draw", { shape, count: EXAMPLES, node: 0, most: 30 }), call("/api/lab/expect", { shape, n })]);
    return { shape, draws: draw.draws, names: draw.names, parts: draw.chances.parts, outlook: expect.outlook };
  } catch (error) {
    return { shape, error: error.message, parts: [], outlook: null };
  }
}

function paired([one, other]) {
  const second = new Map(other.parts.map((part) => [part.node, part]));
  const first = new Map(one.parts.map((part) => [part.node, part]));
  const nodes = [...new Set([...first.keys(), ...second.keys()])];
  return nodes
    .map((node) => ({ node, name: (first.get(node) ?? second.get(node)).name, first: first.get(node)?.drawn ?? 0, second: second.get(node)?.drawn ?? 0 }))
    .sort((a, b) => Math.max(b.first, b.second) - Math.max(a.first, a.second));
}
