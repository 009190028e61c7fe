// The outline: the tree as rows, with what is chosen, open and looked at.

import { call } from "./api.js";
import { Dragging } from "./outline-drag.js";
import { outlineHead } from "./outline-head.js";
import { outlineKeys } from "./outline-keys.js";
import { Moves } from "./outline-moves.js";
import { Naming } from "./outline-naming.js";
import { OutlineData } from "./outline-data.js";
import { ROW, Rows } from "./outline-rows.js";
import { debounce, h } from "./dom.js";

const STAYS_MS = 50;
/** Bars follow a slider right behind the map and the panel, so that none of them waits for the others. */
const WEIGHS_MS = 25;

/** The outline pane. Others may `show(id)`, ask `focused()` ({id, ghost, index}) and `focus()` it. */
export function outlinePane(context, element) {
  const outline = new Outline(context, element);
  outline.begin();
  return {
    show: (id) => outline.show(id),
    focus: () => outline.scroller.focus(),
    focused: () => outline.focus,
    element: outline.scroller,
  };
}

export class Outline {
  /** The row that the keyboard is at; `id` is 0 of a ghost, null where it is not known yet. */
  focus = { index: -1, id: 0, ghost: null };
  /** Where a choice by Shift begins. */
  from = -1;
  /** The feature that the way is being opened to, 0 for none. */
  sought = 0;
  cut = new Set();

  constructor(context, element) {
    this.context = context;
    this.store = context.store;
    this.scroller = h("div", { class: "o-scroller", role: "tree", tabindex: "0", aria: { label: "Features", multiselectable: "true" } });
    this.data = new OutlineData(context, {
      place: () => this.#place(),
      topAfter: (answer, change) => this.#topAfter(answer, change),
      swapped: (answer, change) => this.#swapped(answer, change),
      arrived: () => this.#arrived(),
      failed: (error) => this.head.say(error.message),
    });
    this.rows = new Rows(this.scroller, {
      total: () => this.data.total ?? 0,
      row: (index) => this.data.row(index),
      look: (row, index) => this.#look(row, index),
      moved: (first, last) => this.#moved(first, last),
      focus: () => this.focus.index,
    });
    this.head = outlineHead(context, this);
    this.empty = h("div", { class: "o-empty", hidden: true });
    this.hides = hidesLine(this.store);
    element.append(this.head.element, this.hides, this.scroller, this.empty);
    this.naming = new Naming(this);
    this.moves = new Moves(this);
    this.dragging = new Dragging(this);
    this.foresee = debounce(() => this.#foresee(), STAYS_MS);
    outlineKeys(context, this);
    context.features.push(this.scroller);
  }

  begin() {
    const { store, scroller, context } = this;
    scroller.addEventListener("click", (event) => this.#clicked(event));
    scroller.addEventListener("dblclick", (event) => this.#doubled(event));
    const repaint = () => this.rows.paint();
    context.ends.push(
      store.on(["rev", "held"], (state, changed) => (changed.includes("held") || state.rev !== this.data.rev) && this.data.reload({ same: true })),
      store.on(["weights"], debounce(() => this.data.reload({ same: true }), WEIGHS_MS)),
      store.on(["opened", "top", "filter"], (state, changed) => this.#openedElsewhere(state, changed)),
      store.on(["node"], (state) => state.node && state.node !== this.focus.id && this.show(state.node)),
      store.on(["made"], ({ filter }) => filter.cold && this.data.reload({ same: true })),
      store.on(["node", "filter"], ({ node }) => (this.hides.hidden ||= this.hides.node !== node || !this.#filtered)),
      store.on(["selected", "drawn", "ghost"], () => {
        this.#choiceChanged();
        repaint();
      }),
      () => this.rows.watch.disconnect(),
    );
    this.#choiceChanged();
    if (store.state.node) this.data.reload().then(() => this.show(store.state.node));
    else this.data.reload();
  }

  get chosen() {
    return this.store.state.selected;
  }

  /** The row that is looked at, where it is known. */
  get row() {
    return this.data.row(this.focus.index);
  }

  /** Opens what is above a feature and brings it on the screen, the keyboard stays where it is. `anew`: it may have moved. */
  async show(id, { anew = false } = {}) {
    this.focus = { index: (anew ? undefined : this.data.indexOf(id)) ?? -1, id, ghost: null };
    if (this.focus.index < 0) {
      this.sought = id;
      const answer = await this.data.change({ kind: "reveal", node: id }, [id]);
      if (this.sought === id) this.sought = 0;
      if (!answer || this.focus.id !== id) return;
      this.focus.index = answer.located[id] ?? -1;
    }
    if (this.focus.index >= 0) this.rows.reveal(this.focus.index);
    this.from = this.focus.index;
    this.#pointed();
  }

  /** Goes to a row. `choose`: what is chosen from now on: "one", "range", or "" for what was. */
  goTo(index, choose = "one") {
    if (!this.data.total) return;
    const at = Math.max(0, Math.min(index, this.data.total - 1));
    if (choose !== "range" || this.from < 0) this.from = choose === "range" ? Math.max(this.focus.index, 0) : at;
    this.focus = { index: at, id: null, ghost: null };
    this.rows.reveal(at);
    this.#settle(choose);
  }

  /** Opens or closes a feature, which stays where it is on the screen. */
  change(kind, node, more = {}) {
    return this.data.change({ kind, node, ...more }, [node]);
  }

  toggle(id) {
    const { selected } = this.store.state;
    const now = selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id];
    this.from = this.focus.index;
    this.store.set({ selected: now, node: now.includes(id) ? id : (now.at(-1) ?? 0), ghost: null });
  }

  chooseMany(ids, node = this.focus.id) {
    this.store.set({ selected: ids, node: ids.includes(node) ? node : (ids[0] ?? 0), ghost: null });
  }

  nothing() {
    this.cut = new Set();
    this.store.set({ selected: [], node: 0, ghost: null });
    this.rows.paint();
  }

  /** The choice follows once the row is known: a row that is not there yet is never taken for another. */
  #settle(choose) {
    this.pending = choose;
    const row = this.row;
    if (!row) return;
    this.pending = null;
    this.focus.id = row.ghost ? 0 : row.id;
    this.focus.ghost = row.ghost ?? null;
    if (choose === "one") this.store.set({ node: row.id ?? 0, selected: row.id ? [row.id] : [], ghost: row.ghost ?? null });
    else if (choose === "range") this.#chooseRange();
    this.#pointed();
  }

  async #chooseRange() {
    const [first, last] = [this.from, this.focus.index].sort((a, b) => a - b);
    const known = [];
    for (let index = first; index <= last && this.data.row(index); index += 1) known.push(this.data.row(index));
    if (known.length === last - first + 1) return this.chooseMany(known.filter((row) => !row.ghost).map((row) => row.id));
    const asked = (this.asked = {});
    const found = await this.ask("/api/tree/between", { view: this.data.view, first, last });
    if (!found || asked !== this.asked) return undefined;
    if (!found.whole) this.context.notices.say("So many cannot be chosen at once: the first 5,000 are.");
    return this.chooseMany(found.nodes);
  }

  /** Asks the server; what goes wrong is said. */
  async ask(path, body) {
    try {
      return await call(path, body);
    } catch (error) {
      this.context.notices.say(error.message, { tone: "bad" });
      return null;
    }
  }

  #clicked(event) {
    const element = event.target.closest(".o-row");
    const row = element && this.data.row(element.index);
    if (!row || this.dragging.done(event)) return;
    if (event.target.closest(".o-chevron") && row.below) {
      this.change(row.open ? "collapse" : "expand", row.id);
    } else if (event.shiftKey) this.goTo(element.index, "range");
    else if ((event.ctrlKey || event.metaKey) && row.id) {
      this.goTo(element.index, "");
      this.toggle(row.id);
    } else this.goTo(element.index);
  }

  #doubled(event) {
    const row = this.data.row(event.target.closest(".o-row")?.index);
    if (row?.below && !event.target.closest(".o-chevron")) this.change(row.open ? "collapse" : "expand", row.id);
  }

  #openedElsewhere(state, changed) {
    if (changed.includes("opened") && changed.length === 1 && this.data.knows(state.opened)) return;
    if (changed.every((key) => (key === "opened" ? this.data.knows(state.opened) : key === "top" && this.#topNow() === state.top))) return;
    this.data.reload();
  }

  #topNow() {
    return this.data.way.at(-1)?.[0] ?? 0;
  }

  #place() {
    const first = this.rows.first;
    const focused = this.focus.id && this.rows.elementOf(this.focus.index);
    this.anchor = focused ? this.focus.id : (this.data.row(first)?.id ?? 0);
    this.anchorAt = this.rows.offsetOf(focused ? this.focus.index : first);
    return { first, count: this.rows.shown, anchor: this.anchor, focus: this.focus.id ?? 0 };
  }

  /** The first row on the screen after rows came or went: what is looked at stays where it is. */
  #topAfter(answer, change) {
    const stays = answer.located[change?.node] >= 0 && this.rows.elementOf(this.data.indexOf(change.node)) ? change.node : this.anchor;
    const row = answer.located[stays] ?? -1;
    if (stays !== this.anchor) this.anchorAt = this.rows.offsetOf(this.data.indexOf(stays));
    this.nextY = row >= 0 ? row * ROW - this.anchorAt : this.rows.y;
    this.nextY = Math.max(0, Math.min(this.nextY, answer.total * ROW - this.rows.height));
    return Math.floor(this.nextY / ROW);
  }

  #swapped(answer) {
    const { focus } = this;
    const row = focus.id ? (answer.located[focus.id] ?? this.data.indexOf(focus.id)) : -1;
    if (row >= 0) focus.index = row;
    else if (row === undefined) this.data.reload({ same: true }); // it was chosen while the answer was on its way
    else if (focus.id === this.sought && focus.id) this.focus.index = -1; // it is still closed; what opens the way is asked for
    else if (focus.id) this.focus = { index: Math.min(focus.index, answer.total - 1), id: 0, ghost: null };
    this.from = this.focus.index;
    this.naming.follow();
    this.head.draw(answer);
    this.#emptiness();
    this.#hiding(answer);
    this.rows.draw(this.nextY);
    this.#arrived();
  }

  #arrived() {
    if (this.pending !== null && this.pending !== undefined) this.#settle(this.pending);
    this.rows.paint();
    this.#pointed();
  }

  #moved(first, last) {
    this.data.need(first, last);
    this.naming.place();
  }

  #choiceChanged() {
    this.chosenSet = new Set(this.store.state.selected);
  }

  #pointed() {
    const element = this.focus.index >= 0 && this.rows.elementOf(this.focus.index);
    if (element) this.scroller.setAttribute("aria-activedescendant", element.id);
    else this.scroller.removeAttribute("aria-activedescendant");
    this.rows.paint();
    this.foresee();
  }

  /** Has ready what opening or closing the row would show, once somebody stays on it. */
  #foresee() {
    const { row, focus } = this;
    if (!row?.below || row.ghost || row.id !== focus.id) return;
    const kind = row.open ? "collapse" : "expand";
    const looked = `${kind} ${row.id} ${this.data.view} ${this.data.rev} ${this.rows.first}`;
    if (looked !== this.looked) this.data.foresee({ kind, node: row.id });
    this.looked = looked;
  }

  #look(row, index) {
    const { drawn, ghost } = this.store.state;
    const focused = index === this.focus.index;
    if (row.ghost) {
      const chosen = ghost && ghost.proposal === row.ghost.proposal && ghost.item === row.ghost.item;
      return ["ghost", focused && "focus", chosen && "chosen"].filter(Boolean).join(" ");
    }
    return [
      this.chosenSet.has(row.id) && "chosen",
      focused && "focus",
      this.cut.has(row.id) && "cut",
      drawn?.nodes.has(row.id) && (drawn.ends?.has(row.id) ? "drawn end" : "drawn"),
      this.dragging.look(row, index),
    ].filter(Boolean).join(" ");
  }

  get #filtered() {
    return Object.keys(this.store.state.filter).length > 0;
  }

  /** Says that the chosen feature is there and not seen. */
  #hiding({ located }) {
    const { node } = this.store.state;
    if (node && located[node] === undefined) return; // it was chosen while the answer was on its way
    this.hides.hidden = !(this.#filtered && node && located[node] < 0 && this.data.total);
    this.hides.node = node;
  }

  #emptiness() {
    const { top } = this.store.state;
    const filtered = this.#filtered;
    this.empty.hidden = this.data.total > 0;
    if (this.data.total > 0) return;
    if (!this.data.features) {
      const home = h("a", { href: "./", text: "Home" });
      this.empty.replaceChildren(h("p", { text: "No features yet." }), h("p", { class: "dim" }, home, " says how to begin; Insert adds one by hand."));
    } else if (filtered) {
      const all = h("button", { type: "button", class: "button", text: "Show all", on: { click: () => this.store.set({ filter: {} }) } });
      this.empty.replaceChildren(h("p", { text: "No feature passes the filter." }), all);
    } else this.empty.replaceChildren(h("p", { text: top ? "Nothing is below this feature yet." : "No rows." }));
  }
}

/** The line that says what the filter hides; its `node` is what it is about. */
function hidesLine(store) {
  const clear = h("button", { type: "button", class: "button", text: "Clear filters", on: { click: () => store.set({ filter: {} }) } });
  return h("p", { class: "o-hides", role: "status", hidden: true }, h("span", { text: "The filter hides the chosen feature." }), clear);
}
