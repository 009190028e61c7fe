// The sampling lab: shape the draws by hand and see at once what they are, come to and cost.

import { call } from "./api.js";
import { afterwards, count, h, newest, percent } from "./dom.js";
import { pairedBars } from "./lab-bars.js";
import { coldLeaves } from "./lab-cold.js";
import { addLabCommands } from "./lab-commands.js";
import { drawnTrees } from "./lab-draws.js";
import { outlook } from "./lab-outlook.js";
import { limitChips, shapeControls } from "./lab-shape.js";
import { namedShapes } from "./lab-shapes.js";
import { css, readTheme } from "./map-colours.js";

/** Builds the panel. */
export function samplePanel(context, element) {
  const { store, commands } = context;
  const settings = keptSettings(context.workspace);
  const visible = () => store.state.panel === "sample";
  const problem = h("p", { class: "lab-wrong", role: "alert", hidden: true });
  const learn = addLabCommands(context, change);
  const controls = shapeControls(change);
  const limits = limitChips({ change, choose: (path) => store.choose(learn.nodeOf(path) ?? store.state.node), act: (id) => commands.run(id, store.state) });
  const named = namedShapes(context, { change, n: () => settings.n, heard: () => future.models() });
  const draws = drawnTrees({ store, settings, ask: () => tick(), visible });
  const future = outlook({ store, settings, dragging: controls.dragging, visible, told: named.told, tell: named.tell });
  const cold = coldLeaves({ ...context, visible });
  const chances = chancesOf(store);
  const empty = h("div", { class: "lab-empty", hidden: true }, h("p", { text: "No features yet: draws need a tree." }), h("a", { href: "/", text: "Start on Home" }));
  const whole = h("div", { class: "lab" }, named.element, problem, controls.element, limits.element,
    part("Chances", chances.element), part("Drawn", draws.element), part("Expected", future.element), part("Coverage", cold.element));
  whole.prepend(h("p", { class: "lab-intro dim", text: "Each task is made from a subtree drawn from this tree. A shape says how: try one here, then let runs use it." }));
  element.append(empty, whole);

  const tick = newest(async () => {
    const { shape, node } = store.state;
    if (!shape) return;
    try {
      const found = await call("/api/lab/draw", { shape, count: visible() ? settings.count : 0, seed: settings.seed, node });
      learn.heard(found, shape);
      fail("");
      if (!visible()) return;
      chances.show(found.chances, shape);
      draws.show(found);
    } catch (error) {
      if (error.kind === "not found" && node) return store.choose(0);
      fail(error.message);
      draws.clear();
    }
    return undefined;
  });

  function fail(words) {
    const none = words.includes("no features yet");
    empty.hidden = !none;
    whole.hidden = none;
    problem.hidden = !words;
    if (problem.textContent !== words) problem.textContent = words;
    chances.element.classList.toggle("stale", Boolean(words));
  }

  /** Changes the draft; everything that listens to the store follows. */
  function change(patch) {
    const shape = { ...store.state.shape, ...patch };
    store.set({ shape, temperature: shape.temperatures[0] });
  }

  function changed(state) {
    if (!state.shape) return;
    const [first, ...others] = state.shape.temperatures;
    if (first !== state.temperature) return change({ temperatures: [state.temperature, ...others] });
    controls.show(state.shape);
    limits.show(state.shape);
    named.show(state.shape);
    tick();
    if (visible()) future.ask();
    return undefined;
  }

  async function load() {
    try {
      const answer = await call("/api/lab/shapes");
      const kept = store.state.shape ?? {};
      const known = Object.fromEntries(Object.entries(kept).filter(([key]) => key in answer.sample));
      const shape = { ...answer.sample, ...known };
      named.tell(answer);
      store.set({ shape, temperature: shape.temperatures[0] });
      changed(store.state);
    } catch (error) {
      fail(error.message);
    }
  }

  function turned() {
    if (!visible()) return draws.light();
    tick();
    future.ask();
    future.models();
    cold.ask();
    return undefined;
  }

  context.ends.push(
    store.on(["shape", "temperature"], changed),
    store.on(["node", "rev"], (_, keys) => {
      if (!visible()) return;
      tick();
      cold.ask();
      if (keys.includes("rev")) future.follow();
    }),
    store.on(["panel"], turned),
    cold.end,
  );
  const framed = () => whole.style.setProperty("--lab-frame", css(readTheme(context.root).marked));
  framed();
  context.themed.push(framed);
  if (visible()) {
    load();
    cold.ask();
  } else afterwards(load);
  return { change };
}

function part(title, body) {
  return h("section", { class: "lab-part", aria: { label: title } }, h("h3", { text: title }), body);
}

/** How the children of the chosen feature share the draws, and the chance of the feature itself. */
function chancesOf(store) {
  const about = h("p", { class: "lab-about" });
  const legend = h("p", { class: "lab-legend dim" }, h("span", { class: "lab-key first" }), "share by counts", h("span", { class: "lab-key second" }), h("span", { class: "lab-at" }));
  const bars = pairedBars("Children before and after reweighting", (node) => store.choose(node));
  const element = h("div", {}, about, legend, bars.element);
  return {
    element,
    show({ parent, parts, more, rest, chosen }, shape) {
      about.textContent = chosen
        ? `${chosen.name} is in ${percent(chosen.drawn)} of draws (${percent(chosen.before)} → ${percent(chosen.after)} among its siblings).${shape.targets.length ? " Its turns as a mandatory leaf are not counted." : ""}${chosen.node === parent ? " Its children:" : ""}`
        : "The categories:";
      about.title = about.textContent;
      legend.querySelector(".lab-at").textContent = `chance at temperature ${shape.temperatures[0]}`;
      const line = (one) => ({
        node: one.node, name: one.name, first: one.before, second: one.after, chosen: chosen?.node === one.node,
        title: `${one.name}\ncount ${count(one.count)}\n${percent(one.before)} by counts, ${percent(one.after)} at the temperature\nin ${percent(one.drawn)} of draws`,
      });
      const others = rest ? [{ node: -1, name: `${count(more)} more`, first: rest.before, second: rest.after }] : [];
      bars.show([...parts.map(line), ...others]);
    },
  };
}

/** Seed, numbers and model of the lab, as this browser kept them. */
function keptSettings(workspace) {
  const place = `espalier:${workspace}:lab`;
  const found = { seed: 7, count: 6, n: 1000, model: "", lit: true };
  try {
    const kept = JSON.parse(localStorage.getItem(place)) ?? {};
    for (const key of Object.keys(found)) if (typeof kept[key] === typeof found[key]) found[key] = kept[key];
  } catch {
    // a browser that keeps nothing still works
  }
  const set = (patch) => {
    Object.assign(settings, patch);
    try {
      localStorage.setItem(place, JSON.stringify(Object.fromEntries(Object.keys(found).map((key) => [key, settings[key]]))));
    } catch {
      // as above
    }
  };
  const settings = { ...found, set };
  return settings;
}
