// The map as a picture to be kept: SVG with real shapes and text, or PNG at twice the size.

import { css, inkOn } from "./map-colours.js";
import { CanvasPen, drawMap, Pen, printable } from "./map-draw.js";

const TITLE = 44;
const LEGEND = 28;
const MARGIN = 10;
const SCALE = 2;

/** The SVG of a map as seen, as text. */
export function svgOf(scene) {
  const pen = new SvgPen(scene.theme);
  drawMap(pen, scene);
  const picture = pen.taken();
  around(pen, scene);
  const { width, height } = sizeOf(scene);
  const { paper, ink } = scene.theme;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `font-family="${escaped(scene.theme.font)}" font-size="${pen.size}">`,
    `<title>${escaped(titleOf(scene))}</title>`,
    `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
      `<line x1="0" y1="0" x2="0" y2="6" stroke="${css(ink)}" stroke-opacity="0.35"/></pattern></defs>`,
    `<rect width="${width}" height="${height}" fill="${css(paper)}"/>`,
    `<g transform="translate(${MARGIN} ${TITLE})">${picture}</g>`,
    pen.taken(),
    "</svg>\n",
  ].join("\n");
}

/** The PNG of a map as seen, as a blob, with 2 pixels for each of the screen's. */
export function pngOf(scene) {
  const { width, height } = sizeOf(scene);
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext("2d");
  const pen = new CanvasPen(context, scene.theme, SCALE);
  pen.box(0, 0, width, height, css(scene.theme.paper), null);
  around(pen, scene);
  context.translate(MARGIN, TITLE);
  drawMap(pen, scene);
  // toBlob waits for the browser to be idle, for seconds; this takes tens of milliseconds
  const bytes = Uint8Array.from(atob(canvas.toDataURL("image/png").split(",")[1]), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: "image/png" });
}

/** The size of a picture in CSS pixels. */
export const sizeOf = ({ width, height }) => ({
  width: Math.round(width) + 2 * MARGIN,
  height: Math.round(height) + TITLE + LEGEND,
});

const titleOf = ({ names }) => names.join(" › ");

/** Title and legend. */
function around(pen, scene) {
  const { theme, legend, measured } = scene;
  const { width, height } = sizeOf(scene);
  const ink = css(inkOn(theme.paper, theme));
  pen.text(MARGIN, 15, pen.fit(titleOf(scene), width - 2 * MARGIN), ink);
  pen.text(MARGIN, 32, pen.fit(measured, width - 2 * MARGIN), ink);
  let x = MARGIN;
  const y = height - LEGEND / 2;
  for (const { colour, words } of legend) {
    pen.box(x, y - 6, 12, 12, css(colour), ink);
    pen.text(x + 17, y, words, ink);
    x += 17 + pen.widthOf(words) + 14;
  }
}

/** Writes SVG. */
class SvgPen extends Pen {
  #made = [];

  taken() {
    const made = this.#made.join("\n");
    this.#made = [];
    return made;
  }

  box(x, y, w, h, fill, edge) {
    const inset = edge ? 0.25 : 0;
    const line = edge ? ` stroke="${edge}" stroke-width="0.5"` : "";
    this.#made.push(`<rect ${place(x + inset, y + inset, w - 2 * inset, h - 2 * inset)} fill="${fill}"${line}/>`);
  }

  hatch(x, y, w, h) {
    this.#made.push(`<rect ${place(x, y, w, h)} fill="url(#hatch)"/>`);
  }

  frame(x, y, w, h, line, width) {
    this.#made.push(`<rect ${place(x, y, w, h)} fill="none" stroke="${line}" stroke-width="${width}"/>`);
  }

  /** Text that stays inside `clip`, where there is one: an svg in the svg cuts what is beyond it. */
  text(x, y, words, ink, clip) {
    const at = clip ? { x: x - clip.x, y: y - clip.y } : { x, y };
    const text = `<text x="${short(at.x)}" y="${short(at.y)}" fill="${ink}" dominant-baseline="middle">${escaped(words)}</text>`;
    this.#made.push(clip ? `<svg ${place(clip.x, clip.y, clip.w, clip.h)} overflow="hidden">${text}</svg>` : text);
  }
}

const short = (number) => String(Math.round(number * 100) / 100);

const place = (x, y, w, h) =>
  `x="${short(x)}" y="${short(y)}" width="${short(Math.max(0, w))}" height="${short(Math.max(0, h))}"`;

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as XML may hold it: marks escaped, what XML knows no way to say left out. */
export const escaped = (text) =>
  printable(text)
    .toWellFormed()
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (mark) => ESCAPES[mark]);
