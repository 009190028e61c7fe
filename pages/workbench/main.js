// The workbench: three linked panes and what hovers over them, put together.

import { listen } from "./api.js";
import { Commands } from "./commands.js";
import { Dialogs, Notices } from "./dialog.js";
import { afterwards, button, h } from "./dom.js";
import { Edits } from "./edits.js";
import { calmly } from "./news.js";
import { firstState, remember, Store } from "./store.js";
import { PANES, PANELS } from "./panes.js";
import { layOut } from "./layout.js";

/** Builds the workbench in `host`, with `panel` open where the address names none. Returns {retheme, unmount}. */
export function mount(host, { workspace, title, panel }) {
  const root = h("div", { class: "workbench", role: "application", aria: { label: "Feature tree workbench" } });
  host.append(root);
  const store = new Store(firstState(workspace, panel));
  const commands = new Commands();
  const dialogs = new Dialogs(root);
  const notices = new Notices(root);
  const edits = new Edits({ store, dialogs, notices });
  const context = { root, store, commands, dialogs, notices, edits, workspace, themed: [], ends: [], panes: {}, features: [] };

  const scheme = () => (root.style.colorScheme = isDark(getComputedStyle(root).backgroundColor) ? "dark" : "light");
  context.themed.push(scheme);
  scheme();
  const places = layOut(context, PANELS, title);
  for (const [name, pane] of Object.entries(PANES)) context.panes[name] = pane(context, places[name]) ?? {};
  for (const { name, pane } of PANELS) context.panes[name] = pane(context, places.panels[name]) ?? {};

  commands.add(
    { id: "undo", title: "Undo", group: "Edit", key: "Ctrl+Z", symbol: "undo", run: () => edits.undo() },
    { id: "redo", title: "Redo", group: "Edit", key: "Ctrl+Y / Ctrl+Shift+Z", symbol: "redo", run: () => edits.redo() },
  );
  places.tools.append(
    button({ symbol: "undo", title: "Undo", key: "Ctrl+Z", kind: "quiet" }, () => edits.undo()),
    button({ symbol: "redo", title: "Redo", key: "Ctrl+Y", kind: "quiet" }, () => edits.redo()),
  );
  // keys stay here: the page around listens to single letters too
  root.addEventListener("keydown", (event) => {
    if (!event.defaultPrevented && !busy(event)) {
      const command = commands.of(event, store.state);
      if (command) {
        event.preventDefault();
        command.run();
      }
    }
    event.stopPropagation();
  });

  const ends = [remember(store, workspace, panel), store.on(["rev"], ({ rev }) => (root.dataset.rev = rev))];
  const byPeople = ({ edited = 0 }) => edited > store.state.rev;
  const news = calmly(root, byPeople, ({ rev, held, made }) => {
    const { state } = store;
    store.set({ rev: Math.max(rev ?? 0, state.rev), held: held ?? state.held, made: made ?? state.made });
  });
  ends.push(news.end);
  // the panes ask for themselves at first; news of the same would make them ask twice
  afterwards(() => root.isConnected && ends.push(listen(news.hear, connection(notices))));
  return {
    retheme: () => context.themed.forEach((paint) => paint()),
    unmount: () => {
      [...ends, ...context.ends].forEach((end) => end());
      root.remove();
    },
  };
}

/** Says that nothing answers, for as long as that is so. */
function connection(notices) {
  let end = null;
  return {
    lost: () => (end ??= notices.say("Espalier does not answer. What is shown may be old; it goes on by itself.", { tone: "bad", stay: true })),
    back: () => {
      if (!end) return;
      end();
      end = null;
      notices.say("Espalier answers again.", { tone: "good" });
    },
  };
}

/** Whether a colour, as the browser writes it, is nearer to black: the browser's own controls follow it. */
function isDark(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/** Whether a key event is for something else: a field that somebody writes into, a dialog, a menu. */
function busy(event) {
  const field = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
  if (event.composedPath().some((one) => one.matches?.(".dialog, .menu"))) return true;
  return event.composedPath()[0].matches?.(field) && event.key !== "Escape";
}
