// Draws a map with a pen. The screen, PNG and SVG have a pen each and get the same picture.

import { count } from "./dom.js";
import { css, inkOn, mix } from "./map-colours.js";
import { HEAD } from "./squarify.js";

const SIZE = 12;
const LABEL = { width: 30, height: 15 };

/** Draws all blocks. `scene`: {blocks, places, theme, paint (row -> colour), drawn (null or a Set of ids), dims}.
 *
 * `dims`: what is not drawn recedes; not so where the colours are numbers to be read.
 */
export function drawMap(pen, scene) {
  const { blocks, places, theme, paint, drawn, dims } = scene;
  const known = new Map();
  const looks = (ground) => {
    const key = (ground[0] << 16) | (ground[1] << 8) | ground[2];
    let found = known.get(key);
    if (!found) known.set(key, (found = look(ground, theme)));
    return found;
  };
  const begin = blocks.size > 1 ? 1 : 0;
  for (let row = begin; row < blocks.size; row += 1) {
    const w = places.at[row * 4 + 2];
    if (w < 0.5) continue;
    const [x, y, , h] = places.at.subarray(row * 4, row * 4 + 4);
    const isDrawn = !drawn || (!blocks.more[row] && drawn.has(blocks.node[row]));
    const colours = looks(isDrawn || !dims ? paint(row) : mix(paint(row), theme.paper, 0.78));
    const gap = w > 3 && h > 3 ? 1 : 0;
    pen.box(x, y, w - gap, h - gap, colours.ground, w > 8 && h > 8 ? colours.edge : null);
    if (blocks.more[row]) pen.hatch(x, y, w - gap, h - gap, colours.edge);
    if (drawn && isDrawn && w > 4 && h > 4) pen.frame(x + 1, y + 1, w - gap - 2, h - gap - 2, css(theme.marked), 2);
    if (w < LABEL.width || h < LABEL.height || places.head[row] === 2) continue;
    label(pen, scene, row, { x, y, w: w - gap, h: h - gap }, colours);
  }
}

function look(ground, theme) {
  const ink = inkOn(ground, theme);
  return { ground: css(ground), edge: css(mix(ground, ink, 0.28)), ink: css(ink), plate: css(ground) };
}

function label(pen, { blocks, places }, row, { x, y, w, h }, colours) {
  const fitting = blocks.more[row] ? bucketWords(pen, blocks.more[row], w - 8) : pen.fit(blocks.names[row], w - 8);
  if (!fitting) return;
  const baseline = places.head[row] ? y + HEAD / 2 + 1 : h < 30 ? y + h / 2 : y + 11;
  if (blocks.more[row]) pen.box(x + 2, baseline - 7, pen.widthOf(fitting) + 5, 14, colours.plate, null);
  pen.text(x + 4, baseline, fitting, colours.ink, { x, y, w, h });
}

/** How many a bucket holds, as long as there is room; never a number that is cut. */
const bucketWords = (pen, more, room) =>
  [`+${count(more)} more`, `+${count(more)}`, `+${count(more, true)}`].find((words) => pen.widthOf(words) <= room);

/** Widths of text, letter by letter: measured once each, so that thousands of labels cost nothing. */
class Letters {
  #widths = new Map();

  constructor(font) {
    this.pen = document.createElement("canvas").getContext("2d");
    this.pen.font = font;
    this.dots = this.width("…");
  }

  width(letter) {
    let found = this.#widths.get(letter);
    if (found === undefined) this.#widths.set(letter, (found = this.pen.measureText(letter).width));
    return found;
  }

  total(text) {
    let sum = 0;
    for (const letter of text) sum += this.width(letter);
    return sum;
  }

  /** The text, or as much of its beginning as fits with an ellipsis; "" where not even three letters do. */
  fit(text, room) {
    let sum = 0;
    let kept = 0;
    let letters = 0;
    let at = 0;
    for (const letter of text) {
      sum += this.width(letter);
      if (sum <= room - this.dots) {
        kept = at + letter.length;
        letters += 1;
      } else if (sum > room) {
        return letters >= 3 ? `${text.slice(0, kept).trimEnd()}…` : "";
      }
      at += letter.length;
    }
    return text;
  }
}

/** What pens share: how text fits. */
export class Pen {
  static #letters = new Map();

  constructor(theme) {
    this.font = `${SIZE}px ${theme.font}`;
    if (!Pen.#letters.has(this.font)) Pen.#letters.set(this.font, new Letters(this.font));
    this.letters = Pen.#letters.get(this.font);
    this.size = SIZE;
  }

  fit(words, room) {
    return this.letters.fit(printable(words), room);
  }

  widthOf(words) {
    return this.letters.total(words);
  }
}

/** Draws on a canvas, in CSS pixels. */
export class CanvasPen extends Pen {
  #hatches = new Map();

  constructor(context, theme, scale) {
    super(theme);
    this.context = context;
    this.scale = scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.font = this.font;
    context.textBaseline = "middle";
  }

  box(x, y, w, h, fill, edge) {
    const { context } = this;
    if (edge) {
      context.fillStyle = edge;
      context.fillRect(x, y, w, h);
      context.fillStyle = fill;
      context.fillRect(x + 0.5, y + 0.5, w - 1, h - 1);
    } else {
      context.fillStyle = fill;
      context.fillRect(x, y, w, h);
    }
  }

  hatch(x, y, w, h, line) {
    if (!this.#hatches.has(line)) this.#hatches.set(line, hatching(this.context, line));
    this.context.fillStyle = this.#hatches.get(line);
    this.context.fillRect(x, y, w, h);
  }

  frame(x, y, w, h, line, width) {
    this.context.strokeStyle = line;
    this.context.lineWidth = width;
    this.context.strokeRect(x, y, w, h);
  }

  text(x, y, words, ink) {
    this.context.fillStyle = ink;
    this.context.fillText(words, x, y);
  }
}

function hatching(context, line) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = line;
  pen.lineWidth = 1;
  for (const at of [-3, 0, 3, 6]) {
    pen.moveTo(at - 1, 7);
    pen.lineTo(at + 7, -1);
  }
  pen.globalAlpha = 0.55;
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** Text without what would turn, hide or break the text around it. */
export const printable = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, "\ufffd");
