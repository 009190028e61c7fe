// Named shapes: chosen, kept, changed, deleted, used by runs, compared.

import { call } from "./api.js";
import { button, h, select } from "./dom.js";
import { compareShapes } from "./lab-compare.js";
import { worded } from "./lab-words.js";

const DRAFT = "draft:";
const RUNS = "runs:";
const plain = (shape) => JSON.stringify({ ...shape, name: "", count: 0 }, (_, value) =>
  value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value);

/** Whether two shapes draw alike. */
export const sameShape = (one, other) => plain(one) === plain(other);

/** Returns {element, show(shape), told(), tell(answer)}; `tell` takes what `/api/lab/shapes` answers. */
export function namedShapes(context, { change, n, heard }) {
  const { dialogs, notices } = context;
  let answer = { shapes: {}, sample: null, engine: { kind: "offline", model: "" }, prices: {} };
  let shape = null;
  const place = h("span", { class: "lab-shape-select" });
  const state = h("p", { class: "dim lab-state", role: "status" });
  const wrong = h("p", { class: "lab-wrong", role: "alert", hidden: true });
  const update = worded({ words: "Update", symbol: "save", title: "Write the changes to the named shape" }, () => keep(shape.name, true));
  const saveAs = button({ words: "Save as…", symbol: "save_as" }, ask);
  const drop = button({ symbol: "delete", title: "Delete the named shape", kind: "quiet" }, remove);
  const reset = button({ symbol: "undo", title: "Drop the changes", kind: "quiet" }, () => load(base()));
  const use = worded({ words: "Use for runs", symbol: "check", kind: "primary", title: "New runs draw with this shape" }, () =>
    change_("/api/lab/shapes/use", { shape }));
  const compare = button({ words: "Compare…", symbol: "compare" }, () => compareShapes(context, { choices: choices(), n: n() }));
  const element = h("div", { class: "lab-named" }, h("div", { class: "lab-line" }, place, reset, drop), h("div", { class: "lab-line" }, use, update, saveAs, compare), state, wrong);

  const base = () => answer.shapes[shape?.name] ?? answer.sample;

  function show(next = shape) {
    shape = next;
    if (!shape || !answer.sample) return;
    const named = Boolean(answer.shapes[shape.name]);
    const changed = !sameShape(shape, base());
    const inUse = sameShape(shape, answer.sample);
    const names = [[RUNS, "Shape of runs"], ...Object.keys(answer.shapes).map((name) => [name, name])];
    const key = JSON.stringify([names, shape.name]);
    if (place.dataset.shown !== key) {
      place.dataset.shown = key;
      place.replaceChildren(select({ "aria-label": "Shape" }, names, named ? shape.name : RUNS, (value) => load(value === RUNS ? { ...answer.sample, name: "" } : answer.shapes[value])));
    }
    update.hidden = !named;
    update.disabled = !changed;
    drop.hidden = !named;
    reset.disabled = !changed;
    use.disabled = inUse;
    state.textContent = inUse ? "New runs draw with this shape." : changed ? "Changed; not kept yet. Runs draw as before." : "Kept; new runs draw with another shape.";
  }

  function load(next) {
    wrong.hidden = true;
    change({ ...next });
  }

  function choices() {
    return [[DRAFT, "The draft", shape], [RUNS, "Shape of runs", answer.sample], ...Object.entries(answer.shapes).map(([name, kept]) => [`name:${name}`, name, kept])];
  }

  function tell(next) {
    answer = next;
    show();
    heard(answer);
  }

  async function change_(path, body) {
    wrong.hidden = true;
    try {
      tell(await call(path, body));
      return true;
    } catch (error) {
      wrong.textContent = error.message;
      wrong.hidden = false;
      return false;
    }
  }

  async function keep(name, replace) {
    const done = await change_("/api/lab/shapes/keep", { name, shape, replace });
    if (done) change({ name: name.trim() });
    return done;
  }

  function ask() {
    const field = h("input", { type: "text", maxlength: "80", value: shape.name, "aria-label": "Name of the shape" });
    const said = h("p", { class: "lab-wrong", role: "alert", hidden: true });
    const save = async () => {
      const done = await keep(field.value, false);
      said.textContent = wrong.textContent;
      said.hidden = done;
      wrong.hidden = true;
      return done;
    };
    const opened = dialogs.open({ title: "Save the shape as", body: h("div", {}, h("label", { class: "stack" }, "Name", field), said), actions: [{ words: "Cancel" }, { words: "Save", kind: "primary", run: save }] });
    field.select();
    field.addEventListener("keydown", async (event) => event.key === "Enter" && (await save()) && opened.close());
  }

  async function remove() {
    const gone = answer.shapes[shape.name];
    if (!(await change_("/api/lab/shapes/drop", { name: gone.name }))) return;
    change({ name: "" });
    const back = { words: "Undo", run: async () => (await change_("/api/lab/shapes/keep", { name: gone.name, shape: gone })) && change({ name: gone.name }) };
    notices.say(`Shape ${gone.name} is deleted.`, { action: back });
  }

  return { element, show, tell, told: () => answer };
}
