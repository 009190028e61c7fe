// How much of a branch tasks have drawn, and tasks for the leaves that they have not.

import { call, send } from "./api.js";
import { afterwards, count, debounce, h, newest, percent, said } from "./dom.js";
import { costWords } from "./lab-outlook.js";
import { runWatch } from "./lab-runs.js";
import { worded } from "./lab-words.js";

/** Returns {element, ask(), end()}. */
export function coldLeaves({ store, dialogs, notices, visible }) {
  let ready = true;
  const numbers = h("p", { class: "lab-covered" });
  const bar = h("span", { class: "lab-share" });
  const whole = h("span", { class: "lab-share-whole" }, bar);
  const colours = worded({ words: "Show coverage", symbol: "gradient", title: "Colour the map by how often tasks have drawn each feature" }, () =>
    store.set({ colour: store.state.colour === "coverage" ? "depth" : "coverage" }));
  const n = h("input", { type: "number", min: "1", max: "1000", step: "1", value: "20", class: "lab-number slim", aria: { label: "Tasks for cold leaves" } });
  const make = worded({ words: "Make more for cold leaves…", symbol: "ac_unit", title: "Shows which leaves and what it costs before anything starts" }, plan);
  const wrong = h("p", { class: "lab-wrong", hidden: true });
  const watch = runWatch({ ended: () => ask() });
  const element = h("div", {}, numbers, whole, h("div", { class: "lab-line" }, colours), h("div", { class: "lab-line" }, h("label", {}, "Tasks ", n), make), wrong, watch.element);
  const shown = () => {
    const on = store.state.colour === "coverage";
    colours.setAttribute("aria-pressed", String(on));
  };
  const end = store.on(["colour"], shown);
  shown();
  afterwards(resumeWatch);

  const look = newest(async () => {
    if (!visible()) return;
    try {
      const { coverage } = await call("/api/lab/coverage", { node: store.state.node });
      ready = coverage.ready;
      const drawn = coverage.leaves - coverage.cold;
      const where = store.state.node ? "here" : "in the whole tree";
      numbers.textContent = ready ? `${count(drawn)} of ${count(coverage.leaves)} leaves ${where} were drawn (${percent(coverage.leaves ? drawn / coverage.leaves : 0)}), ${count(coverage.cold)} are cold.` : "Counting what was drawn…";
      bar.style.width = `${coverage.leaves ? (drawn / coverage.leaves) * 100 : 0}%`;
      if (!ready) ask();
    } catch (error) {
      numbers.textContent = error.message;
    }
  });
  const ask = debounce(look, 250);

  async function plan() {
    wrong.hidden = true;
    const wanted = { shape: store.state.shape, n: Number(n.value), node: store.state.node };
    if (!Number.isInteger(wanted.n) || wanted.n < 1 || wanted.n > 1000) return fail("The number of tasks is 1 to 1,000.");
    try {
      const found = await call("/api/lab/cold", wanted);
      if (!found.count) return fail(found.reason ? `None of these leaves can be drawn under this shape: ${found.reason}` : "There are no leaves here.");
      return offer(found, wanted);
    } catch (error) {
      return fail(error.message);
    }
  }

  function offer(found, wanted) {
    const rest = found.count - found.leaves.length;
    const passed = found.passed_over ? `${count(found.passed_over)} more leaves cannot be drawn under this shape; the first, as ${found.reason}` : "";
    const body = h("div", { class: "lab-plan" },
      h("p", { text: `One task each for the ${count(found.count)} leaves drawn least, made with ${found.engine}. The tree stays as it is.` }),
      h("ol", {}, found.leaves.map(({ path, drawn }) => h("li", { title: said(path) }, h("span", { text: said(path) }), h("span", { class: "dim", text: drawn ? ` drawn ${count(drawn)} times` : " never drawn" })))),
      rest > 0 && h("p", { class: "dim", text: `and ${count(rest)} more` }),
      passed && h("p", { class: "dim", text: passed }),
      h("p", { text: costWords(found.estimate, found.count) }));
    dialogs.open({ title: "Tasks for cold leaves", body, wide: true, actions: [{ words: "Cancel" }, { words: `Make ${count(found.count)} tasks`, kind: "primary", run: () => start(wanted) }] });
  }

  async function start(wanted) {
    try {
      const { run_id: id } = await send("/api/lab/make", wanted);
      watch.watch((await call("/api/runs/state", { run_id: id })).runs[0]);
      watch.element.scrollIntoView({ block: "nearest" });
      return true;
    } catch (error) {
      notices.say(error.message, { tone: "bad" });
      return false;
    }
  }

  /** After a reload: the run that was started here last goes on being shown. */
  async function resumeWatch() {
    try {
      const run = (await call("/api/runs/state")).runs.find(({ targets, name }) => targets > 0 && name.startsWith("Cold leaves"));
      if (run) watch.watch(run);
    } catch {
      // said by whatever is asked next
    }
  }

  function fail(words) {
    wrong.textContent = words;
    wrong.hidden = false;
  }

  return { element, ask, end: () => (end(), watch.end()) };
}
