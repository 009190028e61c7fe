// What colours mean on the map: scales by theme, values to colours, and the legend that says it in words and numbers.

import { count } from "./dom.js";

const LIGHT = {
  levels: ["#d9e7d8", "#c0d9c4", "#a3c8ac", "#84b594", "#65a07c", "#488a66", "#2f7353", "#1d5b41"],
  kinds: ["#2f7d5b", "#c8963e", "#4f7ea6"],
  cold: "#b5cfe6",
  often: ["#f5e9cf", "#eccb8b", "#dca04f", "#b76b22", "#7c3d0e"],
  rates: ["#b4452f", "#e2a073", "#ede4d0", "#8cbac3", "#1f6f87"],
  nothing: "#dedbd2",
};
const DARK = {
  levels: ["#1d3327", "#244332", "#2d543f", "#38674d", "#457b5d", "#55906e", "#69a582", "#83ba98"],
  kinds: ["#6fb38f", "#d9ab5c", "#7ea9cc"],
  cold: "#27486a",
  often: ["#3b3019", "#614820", "#926627", "#c88f3c", "#f2c679"],
  rates: ["#dc745e", "#8c5040", "#3f3d38", "#2f6a7a", "#68c2d6"],
  nothing: "#343b37",
};
const DEEPEST = 8;

/** Reads the theme of an element: colours as [red, green, blue], 0 to 255. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const pen = document.createElement("canvas").getContext("2d");
  const read = (text) => {
    pen.fillStyle = "#000000";
    pen.fillStyle = text.trim();
    return rgb(pen.fillStyle);
  };
  const variable = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const paper = read(variable("--st-background-color", "#fbf9f4"));
  const own = luminance(paper) > 0.4 ? LIGHT : DARK;
  const listed = (name, from, number, otherwise) => {
    const found = variable(name, "").split(",").filter((text) => text.trim());
    return (found.length >= from + number ? found.slice(from, from + number) : otherwise).map(read);
  };
  return {
    paper,
    ink: read(variable("--st-text-color", "#26302a")),
    sunk: read(variable("--st-secondary-background-color", "#f1ede3")),
    accent: read(variable("--st-primary-color", "#1f5f45")),
    marked: own === LIGHT ? [176, 32, 84] : [255, 138, 176],
    font: variable("--st-font", "sans-serif"),
    levels: listed("--st-chart-sequential-colors", 1, DEEPEST, own.levels),
    kinds: listed("--st-chart-categorical-colors", 0, 3, own.kinds).map((kind) => mix(kind, paper, 0.25)),
    cold: read(own.cold),
    often: own.often.map(read),
    rates: own.rates.map(read),
    nothing: read(own.nothing),
  };
}

/** Paints blocks: a function from a row to a colour as [red, green, blue], for one answer of the server. */
export function painter(theme, blocks, colour) {
  const level = blocks.crumbs.length - 1;
  if (colour === "origin") {
    const kinds = [theme.nothing, ...theme.kinds];
    return (row) => (blocks.more[row] ? theme.sunk : kinds[origin(blocks, row)]);
  }
  if ((colour === "coverage" || colour === "passes") && !blocks.values) return () => theme.nothing;
  if (colour === "coverage") {
    const most = Math.max(2, largest(blocks.values));
    const paint = (drawn) => along(theme.often, Math.log(drawn) / Math.log(most));
    const own = (drawn) => (drawn === null ? theme.nothing : drawn ? paint(drawn) : theme.cold);
    return (row) => (blocks.more[row] ? theme.sunk : own(blocks.values[row]));
  }
  if (colour === "passes") {
    const paint = (rate) => (rate === null ? theme.nothing : along(theme.rates, rate));
    return (row) => (blocks.more[row] ? theme.sunk : paint(blocks.values[row]));
  }
  return (row) => theme.levels[Math.min(DEEPEST, Math.max(1, level + blocks.depth[row])) - 1];
}

/** What the colours mean: {colour, words} in order. */
export function legend(theme, blocks, colour) {
  if (colour === "origin") {
    const words = ["observed in seeds", "estimated by growth", "both", "no count"];
    return [...theme.kinds, theme.nothing].map((kind, at) => ({ colour: kind, words: words[at] }));
  }
  if ((colour === "coverage" || colour === "passes") && !blocks.values) {
    return [{ colour: theme.nothing, words: "counting …" }];
  }
  if (colour === "coverage") {
    const most = Math.max(2, largest(blocks.values));
    const apart = blocks.values.some((drawn, row) => drawn === null && !blocks.more[row]);
    const steps = [...new Set([0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(most ** part)))];
    return [
      { colour: theme.cold, words: "never drawn (cold)" },
      ...steps.map((drawn) => ({ colour: along(theme.often, Math.log(drawn) / Math.log(most)), words: `${count(drawn, true)}×` })),
      ...(apart ? [{ colour: theme.nothing, words: "told to tasks, never drawn" }] : []),
    ];
  }
  if (colour === "passes") {
    const parts = [0, 0.25, 0.5, 0.75, 1];
    return [
      ...parts.map((part) => ({ colour: along(theme.rates, part), words: `${part * 100}%` })),
      { colour: theme.nothing, words: "no task yet" },
    ];
  }
  const level = blocks.crumbs.length - 1;
  const first = Math.max(1, level + Math.min(1, blocks.deepest));
  const last = Math.max(first, level + blocks.deepest);
  const made = [];
  for (let at = first; at <= last && at <= DEEPEST; at += 1) {
    const beyond = at === DEEPEST && last > DEEPEST ? " and below" : "";
    made.push({ colour: theme.levels[at - 1], words: `level ${at}${beyond}` });
  }
  return made.length ? made : [{ colour: theme.levels[DEEPEST - 1], words: `level ${first}` }];
}

/** 0 no count, 1 observed, 2 estimated, 3 both. */
export const origin = (blocks, row) =>
  (blocks.observed[row] > 0 ? 1 : 0) + (blocks.estimated[row] === null ? 0 : 2);

/** A colour as CSS writes it. */
export const css = (colour) => `rgb(${colour[0]},${colour[1]},${colour[2]})`;

/** Between two colours; `part` 0 is the first. */
export const mix = (first, second, part) => first.map((value, at) => Math.round(value + (second[at] - value) * part));

/** The colour for text on a ground: the theme's ink where it is readable (4.5:1), else black or white. */
export function inkOn(ground, theme) {
  const light = luminance(ground);
  if (contrast(light, luminance(theme.ink)) >= 4.5) return theme.ink;
  return light > 0.179 ? [0, 0, 0] : [255, 255, 255];
}

const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function along(scale, part) {
  const place = Math.max(0, Math.min(1, part)) * (scale.length - 1);
  const at = Math.min(scale.length - 2, Math.floor(place));
  return mix(scale[at], scale[at + 1], place - at);
}

const largest = (values) => values.reduce((most, value) => (value > most ? value : most), 0);

function rgb(text) {
  if (text.startsWith("#")) return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  return text.match(/[\d.]+/g).slice(0, 3).map(Number);
}
