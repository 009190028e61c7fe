// Where everything stands: a bar above, outline and map side by side, panels at the right. Borders can be dragged.

import { h, icon } from "./dom.js";

const NARROW = 860;

/** Lays out the workbench. Returns the places: bar (title, search, tools), outline, map, panels by name. */
export function layOut(context, panels, title) {
  const { root, store, workspace } = context;
  const search = h("div", { class: "place-search" });
  const tools = h("div", { class: "place-tools", role: "toolbar", aria: { label: "Tools" } });
  const outline = h("section", { class: "pane pane-outline", aria: { label: "Outline" } });
  const map = h("section", { class: "pane pane-map", aria: { label: "Map" } });
  const side = h("section", { class: "pane pane-side", aria: { label: "Panels" } });
  const tabs = h("div", { class: "tabs", role: "tablist" });
  const bodies = {};
  side.append(tabs);
  for (const { name, title: words, symbol } of panels) {
    const show = () => store.set({ panel: name });
    const tab = h(
      "button",
      { type: "button", role: "tab", class: "tab", title: words, id: `tab-${name}`, aria: { controls: `panel-${name}` }, on: { click: show } },
      icon(symbol),
      h("span", { text: words }),
    );
    tabs.append(tab);
    bodies[name] = h("div", { class: `panel panel-${name}`, id: `panel-${name}`, role: "tabpanel", aria: { labelledby: `tab-${name}` } });
    side.append(bodies[name]);
  }
  const shown = () => {
    for (const { name } of panels) {
      const chosen = name === (bodies[store.state.panel] ? store.state.panel : panels[0].name);
      bodies[name].hidden = !chosen;
      const tab = tabs.querySelector(`#tab-${name}`);
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
  };
  tabs.addEventListener("keydown", (event) => {
    const at = panels.findIndex(({ name }) => name === store.state.panel);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: panels.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = panels.at(to % panels.length).name;
    store.set({ panel: next });
    tabs.querySelector(`#tab-${next}`).focus();
  });
  const middle = h("div", { class: "panes" }, outline, splitter("outline"), map, splitter("side"), side);
  root.append(
    h("header", { class: "bar" }, h("h1", { text: title }), search, tools),
    middle,
  );
  if (panels.length) shown();
  context.ends.push(store.on(["panel"], shown));
  const watch = new ResizeObserver(() => root.classList.toggle("narrow", root.clientWidth < NARROW));
  watch.observe(root);
  context.ends.push(() => watch.disconnect());
  return { search, tools, outline, map, panels: bodies };

  function splitter(name) {
    const key = `espalier:${workspace}:width-${name}`;
    const set = (width) => {
      const fit = Math.round(Math.max(180, Math.min(width, root.clientWidth - 420)));
      root.style.setProperty(`--width-${name}`, `${fit}px`);
      line.setAttribute("aria-valuenow", String(fit));
      return fit;
    };
    const line = h("div", {
      class: "splitter", role: "separator", tabindex: "0", title: "Drag to resize",
      aria: { orientation: "vertical", label: `Width of the ${name === "side" ? "panels" : "outline"}` },
    });
    const width = () => (name === "side" ? side : outline).clientWidth;
    const keep = (value) => {
      try {
        localStorage.setItem(key, String(value));
      } catch {
        // a browser that keeps nothing still works
      }
    };
    line.addEventListener("pointerdown", (event) => {
      const start = event.clientX;
      const before = width();
      line.setPointerCapture(event.pointerId);
      const move = (moved) => keep(set(before + (name === "side" ? start - moved.clientX : moved.clientX - start)));
      const up = () => line.removeEventListener("pointermove", move);
      line.addEventListener("pointermove", move);
      line.addEventListener("pointerup", up, { once: true });
    });
    line.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -24, ArrowRight: 24 }[event.key];
      if (step) keep(set(width() + (name === "side" ? -step : step)));
    });
    let saved = null;
    try {
      saved = Number(localStorage.getItem(key));
    } catch {
      // as above
    }
    if (saved) requestAnimationFrame(() => set(saved));
    return line;
  }
}
