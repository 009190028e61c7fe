// Files of what is seen: the branch as text, JSON or a table, the map as a picture.

import { download } from "./api.js";
import { openMenu } from "./dialog.js";
import { button } from "./dom.js";
import { conditions } from "./filters.js";
import { pngOf, svgOf } from "./map-picture.js";

const FORMS = [
  ["outline", "Outline (text)", "format_list_bulleted"],
  ["json", "JSON", "data_object"],
  ["csv", "CSV table", "table"],
];
const LONGEST = 60;

/** Adds the Export button and its commands. Returns {menu(x, y)}. */
export function exports(context) {
  const { root, store, commands, notices } = context;
  const guarded = async (make) => {
    try {
      await make();
    } catch (error) {
      notices.say(error.message, { tone: "bad" });
    }
  };
  const scene = () => {
    const found = context.panes.map?.scene();
    if (!found) throw new Error("There is no map to be saved yet.");
    return found;
  };
  const file = (form) => guarded(async () => {
    const said = notices.say("Writing the file …", { stay: true });
    try {
      const { name, content } = await download("/api/tree/export", { node: store.state.node || store.state.top, form });
      save(name, content);
      if (conditions(store.state.filter).length) notices.say(`${name} holds the whole branch: a filter hides rows, it leaves nothing out of a file.`);
    } finally {
      said();
    }
  });
  const svg = () => guarded(() => {
    const shown = scene();
    save(`${pictureName(shown)}.svg`, new Blob([svgOf(shown)], { type: "image/svg+xml" }));
  });
  const png = () => guarded(async () => {
    const shown = scene();
    save(`${pictureName(shown)}.png`, await pngOf(shown));
  });
  for (const [form, words, symbol] of FORMS) {
    commands.add({ id: `export-${form}`, title: `Export branch as ${words}`, group: "Export", symbol, run: () => file(form) });
  }
  commands.add(
    { id: "export-svg", title: "Export map as SVG", group: "Export", symbol: "polyline", run: svg },
    { id: "export-png", title: "Export map as PNG", group: "Export", symbol: "image", run: png },
    { id: "map-whole", title: "Show the whole tree in the map", group: "Map", symbol: "zoom_out_map", run: () => store.set({ top: 0 }) },
    { id: "map-up", title: "Go up one level in the map", group: "Map", symbol: "arrow_upward", run: () => context.panes.map?.up() },
    {
      id: "map-branch", title: "Show the chosen branch in the map", group: "Map", symbol: "zoom_in",
      enabled: (state) => Boolean(state.node), run: () => store.set({ top: store.state.node }),
    },
  );
  const which = () => (store.state.node ? "Chosen branch" : store.state.top ? "Shown branch" : "Whole tree");
  const items = () => [
    ...FORMS.map(([form, words, symbol]) => ({ title: `${which()} as ${words}`, symbol, run: () => file(form) })),
    null,
    { title: "Map as SVG picture", symbol: "polyline", run: svg },
    { title: "Map as PNG picture", symbol: "image", run: png },
  ];
  const menu = (x, y) => openMenu(root, x, y, items());
  const opener = button({ symbol: "download", words: "Export", title: "Export what is seen", kind: "quiet", "aria-haspopup": "menu" }, () => {
    const { left, bottom } = opener.getBoundingClientRect();
    menu(left, bottom + 4);
  });
  root.querySelector(".place-tools").append(opener);
  return { menu };
}

/** A name for a file from the name of the map's top: letters, digits and hyphens. */
function pictureName({ names }) {
  const words = names.length > 1 ? names.at(-1).split(/[^\p{L}\p{N}]+/u).filter(Boolean) : ["tree"];
  return `${words.join("-").slice(0, LONGEST) || "feature"}-map`;
}

function save(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
