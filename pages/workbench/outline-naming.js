// A field over the rows, in which a feature gets another name, or a new one its first.

import { h } from "./dom.js";
import { ROW, STEP } from "./outline-rows.js";

/** Names features in place. */
export class Naming {
  #asked = null;

  constructor(outline) {
    this.outline = outline;
    this.field = h("input", { type: "text", class: "o-field", hidden: true, spellcheck: "false", maxlength: "2000", aria: { label: "Name of the feature" } });
    outline.rows.layer.append(this.field);
    this.field.addEventListener("keydown", (event) => this.#pressed(event));
    this.field.addEventListener("blur", () => document.hasFocus() && this.#asked && this.#end(true));
    this.field.addEventListener("pointerdown", (event) => event.stopPropagation());
  }

  get busy() {
    return this.#asked !== null;
  }

  rename(id) {
    const { data, focus } = this.outline;
    const index = id === focus.id ? focus.index : data.indexOf(id);
    const row = data.row(index);
    if (row) this.#open({ kind: "rename", id, index, depth: row.depth, name: row.name });
  }

  /** Asks for the name of a new feature below `parent`, shown behind row `after`. */
  add({ parent, before = null, after, depth }) {
    this.#open({ kind: "add", parent, before, index: after, near: this.outline.data.row(after)?.id, depth, name: "" });
  }

  #open(asked) {
    const { outline, field } = this;
    this.#asked = asked;
    outline.rows.gap = asked.kind === "add" ? { after: asked.index } : null;
    outline.rows.draw();
    this.#bring();
    field.value = asked.name;
    field.placeholder = asked.kind === "add" ? "Name of the new feature" : "";
    field.hidden = false;
    field.readOnly = false;
    this.place();
    field.focus({ preventScroll: true });
    field.select();
  }

  /** Scrolls until the field can be seen. */
  #bring() {
    const { rows } = this.outline;
    const at = this.#offset();
    if (at < 0) rows.draw(rows.y + at);
    else if (at + ROW > rows.height) rows.draw(rows.y + at + ROW - rows.height);
  }

  #offset() {
    const { rows } = this.outline;
    const { kind, index } = this.#asked;
    return kind === "add" ? (index + 1) * ROW - rows.y : rows.offsetOf(index);
  }

  /** Puts the field where its row is. */
  place() {
    if (!this.#asked) return;
    const left = this.#asked.depth * STEP + 20;
    this.field.style.transform = `translate(${left}px, ${this.#offset()}px)`;
    this.field.style.width = `calc(100% - ${left + 6}px)`;
  }

  /** Finds the row again after all rows were told anew. */
  follow() {
    const asked = this.#asked;
    if (!asked) return;
    const { data } = this.outline;
    asked.index = data.indexOf(asked.kind === "rename" ? asked.id : asked.near) ?? Math.min(asked.index, data.total - 1);
    if (this.outline.rows.gap) this.outline.rows.gap = { after: asked.index };
  }

  #pressed(event) {
    event.stopPropagation();
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.#end(true);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.#end(false);
    } else if (event.key === "Tab") event.preventDefault();
  }

  async #end(wanted) {
    const asked = this.#asked;
    const { field, outline } = this;
    const name = field.value.trim();
    if (field.readOnly) return;
    if (!wanted || !name || name === asked.name) return this.#close();
    field.readOnly = true;
    const done = await outline.context.edits.apply([operation(asked, name)], { quiet: true });
    field.readOnly = false;
    if (!done) return field.focus({ preventScroll: true });
    if (asked.kind === "rename") outline.data.renamed(asked.id, name);
    this.#close();
    if (asked.kind === "add" && done.created.length) outline.context.store.choose(done.created[0], { ghost: null });
    return undefined;
  }

  #close() {
    const { field, outline } = this;
    this.#asked = null;
    const held = outline.scroller.getRootNode().activeElement === field;
    outline.rows.gap = null;
    field.hidden = true;
    outline.rows.draw();
    if (held || document.activeElement === document.body) outline.scroller.focus({ preventScroll: true });
  }
}

const operation = ({ kind, id, parent, before }, name) =>
  kind === "rename" ? { kind, node: id, name } : { kind, parent, name, ...(before && { before }) };
