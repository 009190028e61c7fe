// Mouse and keyboard on the map: point, choose, go in and out.

import { call } from "./api.js";
import { openMenu } from "./dialog.js";
import { count } from "./dom.js";
import { factsOf, nameOf } from "./map-tip.js";
import { neighbour } from "./squarify.js";

/** Lets people use a map. */
export function mapHands(map) {
  const { stage, store } = map;
  const how = () => ({ area: map.area, colour: map.colour });
  const point = (event) => {
    const edge = stage.getBoundingClientRect();
    return [event.clientX - edge.left, event.clientY - edge.top];
  };
  const over = (row) => {
    if (row === map.hovered) return;
    map.hovered = row;
    stage.classList.toggle("pointing", row > 0);
    map.outline();
  };
  const leave = () => {
    over(-1);
    map.tip.hide();
  };

  stage.addEventListener("pointermove", (event) => {
    if (event.target.closest(".map-message")) return leave();
    const [x, y] = point(event);
    const row = map.at(x, y);
    over(row);
    if (row > 0) map.tip.show(map.blocks, row, x, y, how());
    else map.tip.hide();
  });
  stage.addEventListener("pointerleave", leave);
  stage.addEventListener("click", (event) => {
    const row = map.at(...point(event));
    if (row <= 0 || event.detail > 1) return;
    map.cursor = row;
    if (map.blocks.more[row]) openBucket(map, row);
    else if (event.ctrlKey || event.metaKey) toggle(store, map.blocks.node[row]);
    else store.choose(map.blocks.node[row]);
    say(map, row, how());
  });
  stage.addEventListener("dblclick", (event) => {
    const row = map.at(...point(event));
    if (row > 0) open(map, row);
  });
  stage.addEventListener("contextmenu", (event) => {
    const row = map.at(...point(event));
    if (row <= 0 || map.blocks.more[row]) return;
    event.preventDefault();
    menu(map, row, event.clientX, event.clientY);
  });
  stage.addEventListener("focus", () => map.outline());
  stage.addEventListener("blur", () => map.outline());
  stage.addEventListener("keydown", (event) => {
    if (event.target !== stage || !press(map, event)) return;
    event.preventDefault();
    map.tip.hide();
    if (map.cursor > 0) say(map, map.cursor, how());
  });
}

/** Does what a key means on the map. Returns whether it means something. */
function press(map, event) {
  const { key, altKey } = event;
  if (!map.blocks || event.ctrlKey || event.metaKey || event.shiftKey) return false;
  if (key === "Backspace" || (altKey && key === "ArrowUp")) map.up();
  else if (altKey) return false;
  else if (key === "Enter") {
    if (map.cursor > 0) open(map, map.cursor);
  } else if (key === "ContextMenu" && map.cursor > 0 && !map.blocks.more[map.cursor]) {
    const edge = map.stage.getBoundingClientRect();
    menu(map, map.cursor, edge.left + map.places.at[map.cursor * 4] + 12, edge.top + map.places.at[map.cursor * 4 + 1] + 12);
  } else {
    const to = step(map, key);
    if (to === null) return false;
    if (to > 0) move(map, to);
  }
  return true;
}

/** The row that a key leads to: -1 nowhere; null: the key means nothing here. */
function step(map, key) {
  const { blocks, places, cursor } = map;
  if (key.startsWith("Arrow")) return cursor > 0 ? neighbour(blocks, places, cursor, key) : Math.min(1, blocks.size - 1);
  const shown = (row) => places.at[row * 4 + 2] > 0;
  const above = cursor > 0 ? blocks.parent[cursor] : 0;
  const siblings = [...blocks.inside(above)].filter(shown);
  if (key === "Home") return siblings[0] ?? -1;
  if (key === "End") return siblings.at(-1) ?? -1;
  if (key === "PageDown") return [...blocks.inside(Math.max(0, cursor))].find(shown) ?? -1;
  return key === "PageUp" ? above : null;
}

function move(map, row) {
  map.cursor = row;
  if (map.blocks.more[row]) map.outline();
  else map.store.choose(map.blocks.node[row]);
}

/** Shows the branch of a block, where it has one. */
function open(map, row) {
  const { blocks } = map;
  if (blocks.more[row]) openBucket(map, row);
  else if (blocks.children[row]) map.go(blocks.node[row]);
  else map.context.notices.say("Nothing lies below that feature.");
}

/** Leads to what a bucket holds: into its feature, or where the map is there already, to the first of them in the outline. */
async function openBucket(map, row) {
  const { blocks, store, context } = map;
  const parent = blocks.node[row];
  if (parent !== blocks.crumbs.at(-1).id) return map.go(parent);
  const drawn = new Set([...blocks.inside(0)].filter((one) => !blocks.more[one]).map((one) => blocks.node[one]));
  const words = `These ${count(blocks.more[row])} are too small for the map: the outline has them.`;
  try {
    const { nodes } = await call("/api/tree/children", { node: parent });
    const first = nodes.find((node) => !drawn.has(node));
    if (first) store.choose(first);
    context.notices.say(words);
  } catch (error) {
    context.notices.say(error.message, { tone: "bad" });
  }
  return undefined;
}

function toggle(store, node) {
  const { selected } = store.state;
  const kept = selected.includes(node) ? selected.filter((one) => one !== node) : [...selected, node];
  store.set({ selected: kept, node: kept.at(-1) ?? 0 });
}

function menu(map, row, x, y) {
  const { blocks, context, store } = map;
  const node = blocks.node[row];
  if (!store.state.selected.includes(node)) store.choose(node);
  const offered = context.commands.all().filter((command) => command.menu);
  const items = offered.map((command) => ({
    ...command, enabled: Boolean(command.enabled(store.state)), run: () => command.run(),
  }));  // prettier-ignore
  const look = { title: "Show this branch in the map", symbol: "zoom_in", key: "Enter", enabled: blocks.children[row] > 0, run: () => map.go(node) };
  openMenu(context.root, x, y, items.length ? [look, null, ...items] : [look]);
}

function say(map, row, how) {
  map.live.textContent = [nameOf(map.blocks, row), ...factsOf(map.blocks, row, how)].join(", ");
}
