// Fix, exclude, require and boost features: commands for menus and keys that change the draft of the shape.

import { call } from "./api.js";
import { h } from "./dom.js";
import { without } from "./lab-shape.js";

const MOST_TARGETS = 100;
const AGAINST = { fixed: ["excluded"], excluded: ["fixed", "targets"], targets: ["excluded"] };
const SAID = { fixed: "always in the draw", excluded: "never in the draw", targets: "a mandatory leaf, in turn with the others that are" };

const keyOf = (path) => JSON.stringify(path);

/** Adds the commands. Returns {heard(answer, shape)} for what the server says of the shape's features. */
export function addLabCommands(context, change) {
  const { commands, store, dialogs, notices } = context;
  const nodes = new Map(); // path -> id, as far as known: menus must know at once what is fixed
  let categories = new Set();
  const has = (kind, node, state) => (state.shape?.[kind] ?? []).some((path) => nodes.get(keyOf(path)) === node);
  const boosted = (node, state) => Object.keys(state.shape?.boosts ?? {}).some((name) => nodes.get(keyOf([name])) === node);
  const some = (test) => (state) => state.shape !== null && state.selected.some((node) => node > 0 && test(node, state));
  const category = (state) => state.shape !== null && state.selected.length === 1 && categories.has(state.selected[0]);

  async function paths() {
    const selected = store.state.selected.filter((node) => node > 0).slice(0, 1000);
    try {
      const found = await call("/api/lab/paths", { nodes: selected });
      found.paths.forEach((path, at) => nodes.set(keyOf(path), selected[at]));
      return found.paths;
    } catch (error) {
      notices.say(error.message, { tone: "bad" });
      return [];
    }
  }

  async function put(kind) {
    const added = await paths();
    const keys = new Set(added.map(keyOf));
    const { shape } = store.state;
    if (!added.length || !shape) return;
    const { fixed, excluded, targets } = shape;
    const put_ = [...shape[kind].filter((path) => !keys.has(keyOf(path))), ...added];
    if (kind === "targets" && put_.length > MOST_TARGETS) {
      notices.say(`At most ${MOST_TARGETS} features take turns as a mandatory leaf; for more of them there is “Make more for cold leaves”.`, { tone: "bad" });
      return;
    }
    const others = AGAINST[kind].map((other) => [other, shape[other].filter((path) => !keys.has(keyOf(path)))]);
    change({ [kind]: put_, ...Object.fromEntries(others) });
    const words = added.length === 1 ? added[0].at(-1) : `${added.length} features`;
    notices.say(`${words}: ${SAID[kind]}.`, { action: { words: "Undo", run: () => change({ fixed, excluded, targets }) } });
  }

  async function take(kind) {
    const keys = new Set((await paths()).map(keyOf));
    change({ [kind]: store.state.shape[kind].filter((path) => !keys.has(keyOf(path))) });
  }

  async function boost() {
    const [path] = await paths();
    if (!path) return;
    const { shape } = store.state;
    const [name] = path;
    const field = h("input", { type: "number", min: "0", step: "any", value: String(shape.boosts[name] ?? 2), "aria-label": "Factor" });
    const wrong = h("p", { class: "lab-wrong", hidden: true, text: "The factor is a number, 0 or more." });
    const save = () => {
      const factor = Number(field.value);
      const fits = field.value.trim() !== "" && Number.isFinite(factor) && factor >= 0;
      wrong.hidden = fits;
      if (!fits) return false;
      change({ boosts: factor === 1 ? without(shape.boosts, name) : { ...shape.boosts, [name]: factor } });
      return true;
    };
    const body = h("div", {}, h("p", { text: "A factor on the chance of the category: 2 doubles its weight, 0 leaves it out." }), h("label", { class: "stack" }, "Factor", field), wrong);
    const opened = dialogs.open({ title: `Boost ${name}`, body, actions: [{ words: "Cancel" }, { words: "Boost", kind: "primary", run: save }] });
    field.select();
    field.addEventListener("keydown", (event) => event.key === "Enter" && save() && opened.close());
  }

  async function unboost() {
    const [path] = await paths();
    if (path) change({ boosts: without(store.state.shape.boosts, path[0]) });
  }

  const common = { group: "Sampling", menu: true };
  commands.add(
    { ...common, id: "lab-fix", title: "Always in the draw (fix)", symbol: "keep", enabled: some((node, state) => !has("fixed", node, state)), run: () => put("fixed") },
    { ...common, id: "lab-unfix", title: "No longer always in the draw", symbol: "keep_off", enabled: some((node, state) => has("fixed", node, state)), run: () => take("fixed") },
    { ...common, id: "lab-require", title: "Make it mandatory (a leaf the task must use)", symbol: "target", enabled: some((node, state) => !has("targets", node, state)), run: () => put("targets") },
    { ...common, id: "lab-unrequire", title: "No longer mandatory", symbol: "do_not_disturb_on", enabled: some((node, state) => has("targets", node, state)), run: () => take("targets") },
    { ...common, id: "lab-exclude", title: "Never in the draw (exclude)", symbol: "block", enabled: some((node, state) => !has("excluded", node, state)), run: () => put("excluded") },
    { ...common, id: "lab-include", title: "Allow in the draw again", symbol: "check_circle", enabled: some((node, state) => has("excluded", node, state)), run: () => take("excluded") },
    { ...common, id: "lab-boost", title: "Boost category…", symbol: "trending_up", enabled: category, run: boost },
    { ...common, id: "lab-unboost", title: "Boost category no more", symbol: "trending_flat", enabled: (state) => category(state) && boosted(state.selected[0], state), run: unboost },
  );

  return {
    nodeOf: (path) => nodes.get(keyOf(path)) ?? null,
    heard(answer, shape) {
      const learn = (paths_, found) => paths_.forEach((path, at) => (found[at] ? nodes.set(keyOf(path), found[at]) : nodes.delete(keyOf(path))));
      learn(shape.fixed, answer.fixed);
      learn(shape.excluded, answer.excluded);
      learn(shape.targets, answer.targets);
      learn(Object.keys(shape.boosts).map((name) => [name]), answer.boosted);
      categories = new Set(answer.categories);
    },
  };
}
