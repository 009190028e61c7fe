// Dragging rows: into a feature or between two, with the place shown before the hand lets go.

import { h } from "./dom.js";
import { ROW, STEP } from "./outline-rows.js";

const FAR_ENOUGH = 5;
const OPENS_AFTER = 600;
const EDGE = 34;

/** Moves rows by pointer. */
export class Dragging {
  #start = null;
  #ids = null;
  #target = null;
  #point = null;
  #hovered = { id: 0, since: 0 };
  #ended = 0;

  constructor(outline) {
    this.outline = outline;
    this.line = h("div", { class: "o-line", hidden: true });
    this.label = h("div", { class: "o-carried", hidden: true });
    outline.rows.layer.append(this.line);
    outline.context.root.append(this.label);
    const { scroller } = outline;
    scroller.addEventListener("pointerdown", (event) => this.#down(event));
    scroller.addEventListener("pointermove", (event) => this.#move(event));
    scroller.addEventListener("pointerup", () => this.#up());
    scroller.addEventListener("pointercancel", () => this.#end());
    scroller.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#ids) return;
      event.preventDefault();
      this.#end();
    });
  }

  /** Whether a click is only the end of a drag. */
  done(event) {
    return event.timeStamp - this.#ended < 50;
  }

  /** How a row looks while something is dragged. */
  look(row) {
    if (!this.#ids) return "";
    const carried = this.#ids.includes(row.id) ? "carried " : "";
    return this.#target?.into === row.id ? `${carried}${this.#target.legal ? "into" : "refused"}` : carried.trim();
  }

  #down(event) {
    const element = event.target.closest(".o-row");
    const row = element && this.outline.data.row(element.index);
    if (event.button !== 0 || !row?.id || event.target.closest(".o-chevron") || event.shiftKey) return;
    this.#start = { x: event.clientX, y: event.clientY, id: row.id, name: row.name, pointer: event.pointerId };
  }

  #move(event) {
    if (!this.#start || event.pointerId !== this.#start.pointer) return;
    this.#point = { x: event.clientX, y: event.clientY };
    if (!this.#ids) {
      if (Math.hypot(event.clientX - this.#start.x, event.clientY - this.#start.y) < FAR_ENOUGH) return;
      this.#begin(event);
    }
    this.#show();
  }

  #begin(event) {
    const { outline } = this;
    const chosen = outline.chosen.includes(this.#start.id) ? outline.chosen : [this.#start.id];
    this.#ids = [...chosen];
    outline.scroller.setPointerCapture(event.pointerId);
    outline.scroller.classList.add("dragging");
    this.label.textContent = chosen.length === 1 ? this.#start.name : `${chosen.length} features`;
    this.label.hidden = false;
    const go = () => {
      if (!this.#ids) return;
      this.#creep();
      this.#openHovered();
      requestAnimationFrame(go);
    };
    requestAnimationFrame(go);
  }

  /** Shows where it would go. */
  #show() {
    const { rows } = this.outline;
    const box = this.outline.context.root.getBoundingClientRect();
    this.#target = this.#find();
    const { line, label } = this;
    const at = this.#target?.line;
    line.hidden = !at;
    if (at) {
      line.style.transform = `translateY(${at.index * ROW - rows.y - 1}px)`;
      line.style.left = `${at.depth * STEP + 8}px`;
      line.classList.toggle("refused", !this.#target.legal);
    }
    label.style.transform = `translate(${this.#point.x - box.left + 14}px, ${this.#point.y - box.top + 10}px)`;
    label.classList.toggle("refused", !this.#target?.legal);
    label.title = this.#target?.why ?? "";
    this.outline.scroller.classList.toggle("no-drop", !this.#target?.legal);
    rows.paint();
  }

  #find() {
    const { rows, data, scroller, store } = this.outline;
    const box = scroller.getBoundingClientRect();
    const { x, y } = this.#point;
    if (x < box.left || x > box.right || y < box.top || y > box.bottom) return null;
    const { index, part } = rows.at(y);
    if (index >= data.total) return this.#judge({ parent: store.state.top });
    const row = data.row(index);
    if (!row || row.ghost) return null;
    if (part < 0.28) return this.#judge({ parent: row.parent, before: row.id, line: { index, depth: row.depth } });
    if (part <= 0.72) return this.#judge({ parent: row.id, into: row.id });
    const next = data.row(index + 1);
    if (row.open && next && !next.ghost) {
      return this.#judge({ parent: row.id, before: next.id, line: { index: index + 1, depth: next.depth } });
    }
    return this.#judge({ parent: row.parent, after: row.id, line: { index: index + 1, depth: row.depth } });
  }

  /** Whether it may go there, and why not. */
  #judge(target) {
    const { data } = this.outline;
    const locked = (id) => Boolean(data.row(data.indexOf(id))?.marks.locked);
    const { parent } = target;
    const why = this.#ids.some((id) => id === parent || data.isInside(parent, id))
      ? "A feature cannot go below itself."
      : locked(parent)
        ? "This feature is locked."
        : this.#ids.some((id) => locked(id) || locked(data.parents.get(id)))
          ? "What is locked stays where it is."
          : "";
    return { ...target, legal: !why, why };
  }

  #creep() {
    const { rows, scroller } = this.outline;
    const box = scroller.getBoundingClientRect();
    const { x, y } = this.#point;
    if (x < box.left || x > box.right) return;
    const by = y < box.top + EDGE ? y - box.top - EDGE : y > box.bottom - EDGE ? y - box.bottom + EDGE : 0;
    if (!by) return;
    rows.draw(rows.y + Math.max(-EDGE, Math.min(by, EDGE)) / 2.5);
    this.#show();
  }

  #openHovered() {
    const id = this.#target?.into ?? 0;
    const now = performance.now();
    if (this.#hovered.id !== id) this.#hovered = { id, since: now };
    if (!id || !this.#target.legal || now - this.#hovered.since < OPENS_AFTER) return;
    this.#hovered = { id, since: Infinity };
    const row = this.outline.data.row(this.outline.data.indexOf(id));
    if (row?.below && !row.open) this.outline.change("expand", id).then(() => this.#ids && this.#show());
  }

  #up() {
    const target = this.#target;
    const ids = this.#ids;
    this.#end();
    if (!ids || !target) return;
    if (target.legal) this.outline.moves.drop(ids, target);
    else this.outline.context.notices.say(target.why);
  }

  #end() {
    const { scroller, rows } = this.outline;
    if (this.#ids) this.#ended = performance.now();
    this.#start = this.#ids = this.#target = null;
    this.line.hidden = this.label.hidden = true;
    scroller.classList.remove("dragging", "no-drop");
    rows.paint();
  }
}
