// Rows over any number of rows: only those on the screen are elements, and these are used again and again.

import { count, h, icon, percent } from "./dom.js";

export const ROW = 26;
export const STEP = 14;
const TALLEST = 10_000_000;

/** Shows rows in `scroller`. `source`: {total(), row(index), look(row, index) -> classes, moved(first, last), focus()}. */
export class Rows {
  y = 0;
  height = 0;
  /** A place where one row is kept free: {after: index} or null. */
  gap = null;
  #pool = [];
  #echo = 0;

  constructor(scroller, source) {
    this.scroller = scroller;
    this.source = source;
    this.layer = h("div", { class: "o-layer", role: "presentation" });
    this.sizer = h("div", { class: "o-sizer", role: "presentation" }, this.layer);
    scroller.append(this.sizer);
    scroller.addEventListener("scroll", () => this.#scrolled());
    scroller.addEventListener("wheel", (event) => this.#wheeled(event), { passive: false });
    this.watch = new ResizeObserver(() => this.resized());
    this.watch.observe(scroller);
  }

  get total() {
    return this.source.total() + (this.gap ? 1 : 0);
  }

  get first() {
    return Math.floor(this.y / ROW);
  }

  get shown() {
    return Math.ceil(this.height / ROW) + 1;
  }

  resized() {
    const at = this.offsetOf(this.source.focus());
    const seen = at >= 0 && at + ROW <= this.height;
    this.height = this.scroller.clientHeight;
    this.layer.style.height = `${this.height}px`;
    this.layer.replaceChildren(...[...this.layer.children].filter((child) => !child.classList.contains("o-row")));
    this.#pool = Array.from({ length: this.shown + 1 }, (_, slot) => makeRow(slot));
    this.layer.append(...this.#pool);
    this.draw(this.y);
    if (seen && this.height) this.reveal(this.source.focus()); // what was looked at does not leave a pane that shrinks
  }

  /** Draws what stands at `y` pixels of all rows. */
  draw(y = this.y) {
    const tall = this.total * ROW;
    const most = Math.max(0, tall - this.height);
    this.sizer.style.height = `${Math.max(Math.min(tall, TALLEST), this.height)}px`;
    this.y = Math.max(0, Math.min(y, most));
    const real = Math.max(0, Math.min(tall, TALLEST) - this.height);
    this.#echo = most ? (this.y * real) / most : 0;
    if (Math.abs(this.scroller.scrollTop - this.#echo) >= 1) this.scroller.scrollTop = this.#echo;
    this.paint();
  }

  /** Paints the rows on the screen as they are known now. */
  paint() {
    const from = this.first;
    const to = Math.min(this.total, Math.ceil((this.y + this.height) / ROW));
    const used = new Set();
    for (let place = from; place < to; place += 1) {
      const index = this.gap && place > this.gap.after ? place - 1 : place;
      if (this.gap && place === this.gap.after + 1) continue;
      const element = this.#pool[place % this.#pool.length];
      if (!element) continue;
      used.add(element);
      element.style.transform = `translateY(${place * ROW - this.y}px)`;
      element.hidden = false;
      fillRow(element, this.source.row(index), index, this.source);
    }
    for (const element of this.#pool) if (!used.has(element)) element.hidden = true;
    this.source.moved(from, Math.min(to, this.source.total()));
  }

  /** The element that shows a row, where it is on the screen. */
  elementOf(index) {
    return this.#pool.find((element) => !element.hidden && element.index === index);
  }

  /** Pixels between the top of the screen and a row. */
  offsetOf(index) {
    return (this.gap && index > this.gap.after ? index + 1 : index) * ROW - this.y;
  }

  /** Scrolls as little as shows a row; a row that is far away comes to the middle. */
  reveal(index) {
    const at = this.offsetOf(index);
    if (at >= 0 && at + ROW <= this.height) return this.paint();
    const near = at > -this.height && at < 2 * this.height;
    const y = near ? (at < 0 ? this.y + at : this.y + at + ROW - this.height) : this.y + at - this.height / 2 + ROW;
    return this.draw(y);
  }

  /** The row at a point of the screen, and where in it: 0 is its upper edge. */
  at(clientY) {
    const inside = clientY - this.scroller.getBoundingClientRect().top + this.y;
    return { index: Math.floor(inside / ROW), part: (inside % ROW) / ROW };
  }

  #scrolled() {
    const top = this.scroller.scrollTop;
    if (Math.abs(top - this.#echo) < 1.5) return;
    const tall = this.total * ROW;
    const real = Math.min(tall, TALLEST) - this.height;
    this.y = real > 0 ? (top * (tall - this.height)) / real : 0;
    this.#echo = top;
    this.paint();
  }

  /** Where the scrollbar is scaled, a turn of the wheel would jump over rows. */
  #wheeled(event) {
    if (this.total * ROW <= TALLEST || event.ctrlKey) return;
    event.preventDefault();
    this.draw(this.y + event.deltaY * (event.deltaMode === 1 ? ROW : 1));
  }
}

const MARKS = [
  ["locked", "lock", () => "Locked"],
  ["proposed", "pending", () => "A proposal waits here"],
  ["status", "flag", (status) => `Marked as ${status}`],
  ["note", "sticky_note_2", (note) => `Note: ${note}`],
  ["evidence", "code", (seeds) => `Shown by ${count(seeds)} ${seeds === 1 ? "seed" : "seeds"}`],
  ["cold", "ac_unit", () => "Cold: no draw had it yet"],
];

function makeRow(slot) {
  const parts = {
    indent: h("span", { class: "o-indent" }),
    chevron: icon("chevron_right", { class: "o-chevron" }),
    name: h("span", { class: "o-name" }),
    children: h("span", { class: "o-children" }),
    marks: h("span", { class: "o-marks" }),
    share: h("i", { class: "o-share" }),
    chance: h("i", { class: "o-chance" }),
    count: h("span", { class: "o-count" }),
  };
  const bars = h("span", { class: "o-bars" }, parts.share, parts.chance);
  const { indent, chevron, name, children, marks } = parts;
  const element = h("div", { class: "o-row", role: "treeitem", id: `outline-row-${slot}` }, indent, chevron, name, children, marks, bars, parts.count);
  return Object.assign(element, { parts: { ...parts, bars }, index: -1, hidden: true });
}

/** Shows a row in an element, and nothing where the row is not known yet. */
function fillRow(element, row, index, source) {
  const look = row ? source.look(row, index) : "waiting";
  element.index = index;
  if (element.row !== row) {
    element.row = row;
    if (row) write(element, row);
    else blank(element);
  }
  if (element.look !== look) {
    element.look = look;
    element.className = `o-row ${look}`;
    element.setAttribute("aria-selected", String(look.includes("chosen")));
  }
}

function blank(element) {
  const { name, children, marks, count: number, indent } = element.parts;
  for (const part of [name, children, marks, number]) part.textContent = "";
  indent.style.width = "4px";
  element.title = "";
  for (const key of ["aria-level", "aria-expanded", "aria-setsize", "aria-posinset", "data-ghost", "data-node", "aria-label"]) element.removeAttribute(key);
}

function write(element, row) {
  const { parts } = element;
  const set = (key, value) => (value === undefined || value === null ? element.removeAttribute(key) : element.setAttribute(key, value));
  parts.indent.style.width = `${row.depth * STEP + 4}px`;
  parts.name.textContent = row.name;
  element.title = row.ghost ? `${row.name}\nProposed: ${row.reason}` : row.name;
  parts.children.textContent = row.children ? count(row.children, true) : "";
  parts.chevron.classList.toggle("none", !row.below);
  parts.chevron.classList.toggle("open", Boolean(row.open));
  const marks = marksOf(row);
  parts.marks.replaceChildren(...marks);
  set("aria-label", [row.name, ...marks.map((mark) => mark.title)].join(", "));
  parts.share.style.transform = `scaleX(${row.share ?? 0})`;
  parts.chance.style.transform = `scaleX(${row.chance ?? 0})`;
  parts.bars.title = row.ghost ? "" : `${percent(row.share)} of the siblings' count\n${percent(row.chance)} chance among the siblings, reweighted`;
  parts.count.textContent = count(row.observed || row.estimated, true);
  parts.count.title = row.ghost ? "" : `observed ${count(row.observed)}, estimated ${count(row.estimated)}`;
  parts.count.classList.toggle("guess", !row.observed);
  set("aria-level", row.depth + 1);
  set("aria-expanded", row.below ? String(row.open) : null);
  set("aria-setsize", row.siblings);
  set("aria-posinset", row.place);
  set("data-ghost", row.ghost && `${row.ghost.proposal}:${row.ghost.item}`);
  set("data-node", row.id);
}

const marksOf = (row) =>
  row.ghost
    ? [icon("auto_awesome", { title: `Proposed: ${row.reason}`, class: "o-mark proposed" })]
    : MARKS.filter(([key]) => row.marks[key]).map(([key, symbol, words]) => icon(symbol, { title: words(row.marks[key]), class: `o-mark ${key}` }));
