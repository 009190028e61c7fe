// The map of a branch: a canvas that fills the pane, in step with what is chosen, measured, painted and drawn.

import { call } from "./api.js";
import { button, debounce, h, newest } from "./dom.js";
import { AREAS, breadcrumbs, COLOURS, crumbNames, legendLine, mapSwitches, wordsOf } from "./map-bar.js";
import { css, legend, painter, readTheme } from "./map-colours.js";
import { CanvasPen, drawMap } from "./map-draw.js";
import { mapHands } from "./map-hands.js";
import { mapTip } from "./map-tip.js";
import { blockAt, Blocks, layOutBlocks } from "./squarify.js";

const BLOCKS = { least: 400, most: 2_000, room: 220, dragged: 500 };
const RESTS_MS = 220;
const SMALLEST = 24;
const COUNTED = ["coverage", "passes"];
const COUNTING_MS = 700;

/** The map pane. Returns {scene() (what is seen, or null), go(id), up(), focus()}. */
export function mapPane(context, element) {
  return new MapPane(context, element).door();
}

class MapPane {
  blocks = null;
  places = null;
  cursor = -1;
  hovered = -1;
  /** Whether the blocks are part of those before, until the server has answered. */
  coarse = false;
  #beneath = { node: 0, row: -1 };

  constructor(context, element) {
    this.context = context;
    this.store = context.store;
    this.canvas = h("canvas", { class: "map-picture", aria: { hidden: "true" } });
    this.over = h("canvas", { class: "map-over", aria: { hidden: "true" } });
    this.live = h("div", { class: "map-said", aria: { live: "polite" } });
    this.message = h("div", { class: "map-message", hidden: true });
    this.tip = mapTip();
    this.stage = h(
      "div",
      {
        class: "map-stage", tabindex: "0", role: "application",
        aria: { label: "Map. Arrows move, Page Down and Page Up go in and out, Enter opens a branch, Backspace goes up" },
      },
      this.canvas, this.over, this.message, this.tip.element,
    );
    this.crumbs = breadcrumbs(context.root, (id) => this.go(id));
    this.switches = mapSwitches(this.store);
    this.legend = legendLine();
    element.append(
      h("div", { class: "map-head" }, this.crumbs.element, this.switches.element),
      this.stage, this.legend.element, this.live,
    );
    this.element = element;
    this.theme = readTheme(context.root);
    this.load = newest(() => this.#load());
    mapHands(this);
    context.features.push(this.stage);
    this.#listen();
    this.#resize();
    this.load();
  }

  /** What other panes may ask. */
  door() {
    return {
      scene: () => this.scene(),
      go: (id) => this.go(id),
      up: () => this.up(),
      focus: () => this.stage.focus(),
    };
  }

  go(top) {
    this.store.set({ top });
  }

  up() {
    const crumbs = this.blocks?.crumbs ?? [];
    if (crumbs.length > 1) this.go(crumbs.at(-2).id);
  }

  /** What is seen, for a picture of it. */
  scene() {
    if (!this.blocks) return null;
    const { area } = this.store.state;
    return {
      ...this.#scene(),
      width: this.width,
      height: this.height,
      names: crumbNames(this.blocks.crumbs),
      legend: legend(this.theme, this.blocks, this.colour),
      measured: `Area: ${wordsOf(AREAS, area)} · Colour: ${wordsOf(COLOURS, this.colour)}`,
    };
  }

  get colour() {
    return COLOURS.some(([key]) => key === this.store.state.colour) ? this.store.state.colour : "depth";
  }

  get mode() {
    return this.store.state.layout === "icicle" ? "icicle" : "treemap";
  }

  get area() {
    return AREAS.some(([key]) => key === this.store.state.area) ? this.store.state.area : "count";
  }

  /** The block at a point of the stage. */
  at(x, y) {
    return this.blocks ? blockAt(this.blocks, this.places, this.drawnMode, x, y) : -1;
  }

  /** Shows again what is chosen, pointed at, and where the keyboard is. */
  outline() {
    const pen = this.over.getContext("2d");
    const { blocks, places, theme } = this;
    pen.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    if (!blocks) return;
    const frame = (row, colour, width, dashes = []) => {
      if (row < 0 || places.at[row * 4 + 2] <= 0) return;
      const [x, y, w, h_] = places.at.subarray(row * 4, row * 4 + 4);
      const inner = [x + width / 2, y + width / 2, Math.max(1, w - 1 - width), Math.max(1, h_ - 1 - width)];
      pen.setLineDash([]);
      pen.strokeStyle = css(theme.paper);
      pen.lineWidth = width + 2;
      pen.strokeRect(...inner);
      pen.setLineDash(dashes);
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.strokeRect(...inner);
    };
    if (this.hovered > 0) frame(this.hovered, css(theme.ink), 1.5);
    const { node, selected } = this.store.state;
    for (const one of selected) if (one !== node) frame(this.#shownRow(one), css(theme.ink), 2);
    if (this.cursor > 0 && this.stage.matches(":focus")) frame(this.cursor, css(theme.ink), 2);
    const chosen = this.#shownRow(node);
    if (chosen > 0) frame(chosen, css(theme.ink), 3);
    else if (node) frame(this.#around(node), css(theme.ink), 2, [6, 4]);
  }

  #listen() {
    const { store, context } = this;
    const weighs = () => this.area === "chance";
    const rest = debounce(() => {
      this.dragged = false;
      this.load();
    }, RESTS_MS);
    context.ends.push(
      store.on(["top", "area", "layout", "rev"], (state, changed) => {
        if (changed.includes("top")) this.#zoom();
        if (changed.length > 1 || changed[0] !== "rev" || state.rev !== Number(this.stage.dataset.rev)) this.load();
      }),
      store.on(["made"], () => COUNTED.includes(this.colour) && this.load()),
      store.on(["weights"], () => {
        if (!weighs()) return;
        this.dragged = true; // fewer blocks for each tick of a slider, all of them when it rests
        this.load();
        rest();
      }),
      store.on(["colour"], () => this.#recolour()),
      store.on(["drawn"], () => this.draw()),
      store.on(["node", "selected"], () => this.#chosen()),
      store.on(["area", "colour", "layout"], () => this.switches.show()),
    );
    context.themed.push(() => {
      this.theme = readTheme(context.root);
      this.draw();
    });
    const watch = new ResizeObserver(() => this.#resize());
    watch.observe(this.stage);
    context.ends.push(() => watch.disconnect(), () => clearTimeout(this.again));
  }

  /** Shows the branch at once with the blocks that are there; what the server says of it is finer. */
  #zoom() {
    const row = this.blocks?.rowOf.get(this.store.state.top) ?? -1;
    if (row <= 0 || !this.blocks.width[row]) return;
    this.coarse = true;
    this.#show(this.blocks.within(row));
    this.stage.dataset.top = this.store.state.top;
  }

  async #load() {
    const { top, temperature, shape } = this.store.state;
    const chance = this.area === "chance";
    const room = Math.max(10_000, this.width * this.height || 300_000);
    const body = {
      top, area: this.area, colour: this.colour, mode: this.mode,
      most: this.dragged ? BLOCKS.dragged : Math.round(Math.max(BLOCKS.least, Math.min(BLOCKS.most, room / BLOCKS.room))),
      smallest: this.mode === "treemap" ? SMALLEST / room : 0.7 / Math.max(100, this.height || 600),
      ...(chance ? { temperature, boosts: shape?.boosts ?? {}, excluded: shape?.excluded ?? [] } : {}),
    };
    clearTimeout(this.again);
    try {
      const answer = await call("/api/tree/map", body);
      this.#take(answer, body);
    } catch (error) {
      this.#say(h("span", { text: error.message }), button({ words: "Try again" }, () => this.load()));
    }
  }

  #take(answer, asked) {
    if (asked.top !== this.store.state.top) return; // somebody went on meanwhile: what is there now is asked for next
    this.drawnMode = asked.mode;
    this.painted = asked.colour;
    this.coarse = false;
    this.#show(new Blocks(answer));
    const top = answer.crumbs.at(-1).id;
    Object.assign(this.stage.dataset, { top, whole: top, rev: answer.rev, temperature: asked.temperature ?? "" });
    if (COUNTED.includes(asked.colour) && !answer.values) this.again = setTimeout(() => this.load(), COUNTING_MS);
    if (top !== asked.top && this.store.state.top === asked.top) {
      this.context.notices.say("That branch is gone. The map shows what is left above it.");
      this.store.set({ top });
    }
  }

  #show(blocks) {
    const at = this.cursor > 0 && !this.blocks.more[this.cursor] ? this.blocks.node[this.cursor] : 0;
    this.blocks = blocks;
    this.cursor = (at && blocks.rowOf.get(at)) || -1;
    this.hovered = -1;
    this.#beneath = { node: 0, row: -1 };
    this.tip.forget();
    this.#lay();
    this.crumbs.show(blocks.crumbs);
    this.#explain();
  }

  #recolour() {
    if (COUNTED.includes(this.colour) || !this.blocks) this.load();
    else this.draw();
  }

  #lay() {
    if (!this.blocks || !this.width) return;
    this.places = layOutBlocks(this.blocks, this.drawnMode, this.width, this.height);
    this.draw();
  }

  /** Draws the picture anew: what it holds is known already. */
  draw() {
    if (!this.places) return;
    const began = performance.now();
    const pen = this.canvas.getContext("2d", { alpha: false });
    const brush = new CanvasPen(pen, this.theme, this.scale);
    brush.box(0, 0, this.width, this.height, css(this.theme.paper), null);
    drawMap(brush, this.#scene());
    this.legend.show(legend(this.theme, this.blocks, this.colour), wordsOf(COLOURS, this.colour));
    this.outline();
    this.stage.dataset.blocks = String(this.blocks.size);
    this.stage.dataset.drawing = (performance.now() - began).toFixed(1);
  }

  #scene() {
    const { blocks, places, theme } = this;
    // a colour whose numbers are still on their way is painted by those that are there
    const paint = painter(theme, this.painted === this.colour || !COUNTED.includes(this.colour) ? blocks : { ...blocks, values: null }, this.colour);
    return { blocks, places, theme, paint, mode: this.drawnMode, drawn: this.store.state.drawn?.nodes ?? null, dims: !COUNTED.includes(this.colour) };
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const scale = devicePixelRatio || 1;
    if (!width || !height || (width === this.width && height === this.height && scale === this.scale)) return;
    Object.assign(this, { width, height, scale });
    for (const canvas of [this.canvas, this.over]) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    this.#lay();
  }

  #chosen() {
    const row = this.#shownRow(this.store.state.node);
    if (row > 0) this.cursor = row;
    this.outline();
  }

  #shownRow(node) {
    const row = node && this.blocks ? (this.blocks.rowOf.get(node) ?? -1) : -1;
    return row > 0 && this.places.at[row * 4 + 2] > 0 ? row : -1;
  }

  /** The block that a feature lies in which has none of its own; asked once, drawn when known. */
  #around(node) {
    if (this.#beneath.node !== node && !this.coarse) {
      const blocks = this.blocks;
      this.#beneath = { node, row: -1 };
      const found = ({ way }) => {
        if (this.blocks !== blocks || this.store.state.node !== node) return;
        const row = way.map((id) => this.#shownRow(id)).findLast((at) => at > 0) ?? -1;
        this.#beneath = { node, row };
        if (row > 0) this.outline();
      };
      call("/api/tree/map/way", { node }).then(found, () => {});  // gone meanwhile: nothing to show
    }
    return this.#beneath.row;
  }

  /** Says in words what there is no picture of. */
  #explain() {
    const { blocks, area } = this;
    if (!blocks.features) {
      this.#say(h("b", { text: "No features yet" }), h("a", { href: "/", target: "_self", text: "Add code on the Home page" }));
    } else if (blocks.size === 1 && blocks.children[0]) {
      const what = { observed: "an observed count", estimated: "an estimated count", chance: "a chance in draws", count: "a count" }[area];
      const switched = button({ words: "Show by count" }, () => this.store.set({ area: "count" }));
      this.#say(h("span", { text: `Nothing below it has ${what}.` }), area !== "count" && switched);
    } else this.#say();
  }

  #say(...said) {
    const words = said.filter(Boolean);
    this.message.replaceChildren(...words);
    this.message.hidden = !words.length;
  }
}
