// Moving features: deeper, higher, up, down, by cut and paste, by drag and drop. Each is one batch.

import { h } from "./dom.js";

/** Moves what is chosen. */
export class Moves {
  constructor(outline) {
    this.outline = outline;
  }

  /** Where features stand, in the order of the rows, without those that lie below another of them. */
  async places(ids) {
    const { data } = this.outline;
    const found = await this.outline.ask("/api/tree/places", { nodes: ids });
    if (!found) return [];
    const all = new Set(ids);
    const at = ({ id }) => data.indexOf(id) ?? Number.MAX_SAFE_INTEGER;
    return found.places.filter(({ above }) => !above.some((one) => all.has(one))).sort((a, b) => at(a) - at(b));
  }

  /** Below the sibling in front. */
  async indent() {
    const found = await this.#beside();
    if (!found) return;
    const [into] = found[0].before;
    if (into === undefined) this.#say("There is no sibling above it that it could go below.");
    else await this.#do(found.map(({ id }) => move(id, into)));
  }

  /** Behind the parent; where siblings are shown by name, to its place by name. */
  async outdent() {
    const found = await this.#beside();
    if (!found) return;
    const { parent } = found[0];
    if (parent === this.outline.store.state.top || !parent) return this.#say("It stands at the top already.");
    const [holder] = await this.places([parent]);
    if (!holder) return undefined;
    const before = holder.ordered ? holder.after[0] : undefined;
    return this.#do(found.map(({ id }) => move(id, holder.parent, before)));
  }

  /** One place up (-1) or down (1) among its siblings, which get an order of their own by that. */
  async shift(step) {
    const [place] = await this.places([this.outline.store.state.node]);
    if (!place) return undefined;
    const { id, parent, before, after } = place;
    if (step < 0) return before.length ? this.#do([move(id, parent, before[0])]) : undefined;
    if (!after.length) return undefined;
    return this.#do([after.length > 1 ? move(id, parent, after[1]) : move(after[0], parent, id)]);
  }

  /** What was cut, to below the chosen feature. */
  async paste() {
    const { outline } = this;
    const { node, top } = outline.store.state;
    const found = await this.places([...outline.cut]);
    if (found.length && (await this.#do(found.map(({ id }) => move(id, node || top))))) outline.cut = new Set();
  }

  /** Dropped: into a feature, in front of one, or behind one. */
  async drop(ids, { parent, before, after }) {
    const found = await this.places(ids);
    if (!found.length) return;
    const nodes = found.map(({ id }) => id);
    if (after === undefined) return void (await this.#do(nodes.map((id) => move(id, parent, before))));
    const [last] = await this.places([after]);
    const next = last?.after.find((id) => !nodes.includes(id));
    const operations = nodes.map((id) => move(id, parent, next ?? after));
    if (next === undefined && !nodes.includes(after)) operations.push(move(after, parent, nodes[0]));
    await this.#do(operations.filter(({ node, before: sibling }) => node !== sibling));
  }

  /** Puts the paths of what is chosen on the clipboard. */
  async copy() {
    const found = await this.places(this.outline.chosen);
    if (!found.length) return;
    const text = found.map(({ path }) => path).join("\n");
    const words = found.length === 1 ? "Copied the path." : `Copied ${found.length} paths.`;
    try {
      await navigator.clipboard.writeText(text);
      this.#say(words);
    } catch {
      // without the right to the clipboard the text can still be taken by hand
      const field = h("textarea", { rows: 8, readonly: true, autofocus: true, text });
      this.outline.context.dialogs.open({ title: "Copy these paths", body: field, actions: [{ words: "Close" }] });
      field.select();
    }
  }

  /** The chosen features where they all have one parent; null, and said, where not. */
  async #beside() {
    const found = await this.places(this.outline.chosen);
    if (!found.length) return null;
    if (found.every(({ parent }) => parent === found[0].parent)) return found;
    this.#say("Choose features of one parent to move them together.");
    return null;
  }

  async #do(operations) {
    const done = operations.length ? await this.outline.context.edits.apply(operations) : null;
    if (done?.entry) await this.outline.show(this.outline.focus.id || operations[0].node, { anew: true });
    return done;
  }

  #say(words) {
    this.outline.context.notices.say(words);
  }
}

const move = (node, parent, before) => ({ kind: "move", node, parent, ...(before && { before }) });
