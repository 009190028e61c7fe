// What all panes share: what is chosen, what is shown, how it is weighed. The address and the browser keep it.

import { debounce } from "./dom.js";

/** The panes' common state. Panes listen to keys; whoever sets them need not know who listens.
 *
 * rev        newest entry of the history that the panes have seen; changes whenever the tree does
 * held       changes whenever proposals come or are decided about
 * node       the feature looked at; 0 = none (the root)
 * selected   ids of the chosen features, an array; holds `node` where that is not 0
 * top        the branch that map and outline show; 0 = the whole tree
 * opened     what the outline has open, as `synth.tree.outline.Opened` says it
 * filter     what the outline shows: {} or some of words, levels, origin, counts, status, locked, noted, leaves, proposed, cold
 * made       changes whenever what was made from features was counted anew
 * area, colour, layout   how the map measures, paints and places: treemap or icicle
 * temperature, shape   the sampling lab's draft: shape is a SampleConfig as the server writes it, or null until loaded
 * weights    changes with what chances depend on: temperature, boosts and what is excluded
 * drawn      drawn subtrees to be highlighted: null or {nodes: Map(id -> how often), ends: Set(id)}
 * panel      which panel stands at the right: inspect, sample, review, history, tidy
 */
export class Store {
  #state;
  #listeners = new Set();

  constructor(state) {
    this.#state = { ...state, weights: weightsOf(state) };
  }

  get state() {
    return this.#state;
  }

  /** Sets some keys and tells who listens to those that changed. */
  set(patch) {
    const next = { ...this.#state, ...patch };
    next.weights = weightsOf(next);
    const changed = Object.keys(next).filter((key) => next[key] !== this.#state[key]);
    if (!changed.length) return;
    this.#state = next;
    for (const { keys, heard } of [...this.#listeners]) {
      if (changed.some((key) => keys.includes(key))) heard(this.#state, changed);
    }
  }

  /** Calls `heard(state, changed)` after any of the keys has changed. Returns what ends it. */
  on(keys, heard) {
    const listener = { keys, heard };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Chooses one feature. */
  choose(node, more = {}) {
    this.set({ node, selected: node ? [node] : [], ghost: null, ...more });
  }
}

function weightsOf({ temperature, shape }) {
  return JSON.stringify([temperature, shape?.boosts ?? {}, shape?.excluded ?? []]);
}

const IN_THE_ADDRESS = { node: 0, top: 0, area: "count", colour: "depth", layout: "treemap", panel: "inspect", filter: {} };
const IN_THE_BROWSER = ["opened", "shape", "temperature"];

/** The state that a page begins with: what the address says, else what this browser kept, else the defaults. */
export function firstState(workspace, panel) {
  const state = {
    rev: 0,
    held: 0,
    made: 0,
    selected: [],
    opened: { open: [], flat: [], closed: [], level: 0 },
    temperature: 1,
    shape: null,
    drawn: null,
    ...structuredClone(IN_THE_ADDRESS),
    panel,
    ...kept(workspace),
  };
  const asked = new URLSearchParams(location.search);
  for (const [key, plain] of Object.entries(IN_THE_ADDRESS)) {
    const found = read(asked.get(key), plain);
    if (found !== undefined) state[key] = found;
  }
  state.selected = state.node ? [state.node] : [];
  return state;
}

/** Keeps the address and the browser's memory in step with the state. Returns what ends it. */
export function remember(store, workspace, panel) {
  const write = () => {
    const asked = new URLSearchParams(location.search);
    for (const [key, plain] of Object.entries({ ...IN_THE_ADDRESS, panel })) {
      const value = store.state[key];
      if (JSON.stringify(value) === JSON.stringify(plain)) asked.delete(key);
      else asked.set(key, typeof value === "object" ? JSON.stringify(value) : value);
    }
    const query = asked.toString();
    history.replaceState(history.state, "", query ? `?${query}` : location.pathname);
  };
  const keep = () => {
    const found = Object.fromEntries(IN_THE_BROWSER.map((key) => [key, store.state[key]]));
    try {
      localStorage.setItem(place(workspace), JSON.stringify(found));
    } catch {
      // a browser that keeps nothing still works; it only forgets what was open
    }
  };
  // browsers take their time over the address: it is set while the server is asked, not before
  const soon = debounce(write, 0);
  const ends = [store.on(Object.keys(IN_THE_ADDRESS), soon), store.on(IN_THE_BROWSER, keep), soon.cancel];
  return () => ends.forEach((end) => end());
}

const place = (workspace) => `espalier:${workspace}`;

function kept(workspace) {
  try {
    const found = JSON.parse(localStorage.getItem(place(workspace))) ?? {};
    return Object.fromEntries(Object.entries(found).filter(([key]) => IN_THE_BROWSER.includes(key)));
  } catch {
    return {};
  }
}

function read(text, plain) {
  if (text === null) return undefined;
  if (typeof plain === "number") return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (typeof plain === "string") return /^[a-z]{1,20}$/.test(text) ? text : undefined;
  try {
    const found = JSON.parse(text);
    return found && typeof found === "object" && !Array.isArray(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
