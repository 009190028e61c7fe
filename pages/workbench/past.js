// The history panel: what was done, newest first, and the ways back.

import { call } from "./api.js";
import { button, count, h, icon, newest } from "./dom.js";

const SYMBOLS = { do: "edit", undo: "undo", redo: "redo" };

/** Builds the panel. */
export function historyPanel(context, element) {
  const { store, edits, dialogs } = context;
  const list = h("ol", { class: "past", aria: { label: "History, newest first" } });
  const more = button({ words: "Earlier", symbol: "expand_more" }, () => load(false));
  const bar = h(
    "div",
    { class: "buttons" },
    button({ words: "Undo", symbol: "undo" }, () => edits.undo()),
    button({ words: "Redo", symbol: "redo" }, () => edits.redo()),
  );
  const empty = h("p", { class: "dim", text: "Nothing was done to the tree yet." });
  element.append(bar, empty, list, more);
  let next = null;
  let seen = -1;

  const load = newest(async (fresh) => {
    if (fresh && seen === store.state.rev) return;
    try {
      const found = await call("/api/tree/history", { count: fresh ? Math.max(40, list.children.length) : 40, before: fresh ? null : next });
      if (fresh) list.replaceChildren();
      list.append(...found.lines.map(line));
      next = found.next;
      seen = found.rev;
      more.hidden = next === null;
      empty.hidden = list.children.length > 0;
      bar.children[0].disabled = !found.can_undo;
      bar.children[1].disabled = !found.can_redo;
    } catch (error) {
      empty.hidden = false;
      empty.textContent = error.message;
    }
  });

  function line(entry) {
    const numbers = entry.first === entry.number ? `${entry.number}` : `${entry.first}–${entry.number}`;
    const when = new Date(entry.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const ways = [];
    if (entry.group && entry.in_force) {
      ways.push(button({ words: "Undo all of it", title: `Take back all of ${entry.group}`, kind: "quiet" }, () => undoGroup(entry.group)));
    } else if (entry.in_force) {
      ways.push(button({ words: "Undo this", kind: "quiet" }, () => edits.undo(entry.number)));
    }
    ways.push(button({ words: "Back to here", title: "Bring the tree to what it was right after this", kind: "quiet" }, () => backTo(entry.number)));
    return h(
      "li",
      { class: entry.in_force || entry.action !== "do" ? "" : "undone" },
      icon(entry.actor.startsWith("run") ? "play_circle" : SYMBOLS[entry.action]),
      h(
        "div",
        {},
        h("div", { class: "past-what", text: entry.summary }),
        entry.reason && h("div", { class: "past-why", text: entry.reason }),
        h("div", { class: "dim", text: `${numbers} · ${entry.actor} · ${when} · ${count(entry.touched)} ${entry.touched === 1 ? "feature" : "features"}` }),
        h("div", { class: "past-ways" }, ways),
      ),
    );
  }

  const undoGroup = (group) => edits.change("/api/tree/undo_group", { group });

  async function backTo(number) {
    const after = store.state.rev - number;
    if (!after) return;
    const body = h("p", { text: `What the ${count(after)} later entries did is taken back, as one entry that can be undone itself.` });
    if (await dialogs.confirm({ title: `Back to entry ${number}?`, body, words: "Go back" })) {
      await edits.change("/api/tree/return", { number });
    }
  }

  const refresh = () => store.state.panel === "history" && load(true);
  context.ends.push(store.on(["rev", "panel"], refresh));
  context.commands.add({
    id: "show-history", title: "Show the history", group: "View", symbol: "history", run: () => store.set({ panel: "history" }),
  });
  refresh();
}
