// The history panel: what was done, newest first, and the ways back.

import { call, send } from "./api.js";
import { button, count, h, icon, newest } from "./dom.js";

const SYMBOLS = { do: "edit", undo: "undo", redo: "redo" };
const WORDS = [["removed", "features go"], ["added", "features come back"], ["moved", "move"], ["renamed", "get an earlier name"], ["counts", "get earlier counts"]];

/** Builds the panel. */
export function historyPanel(context, element) {
  const { store, edits, dialogs, notices } = context;
  const list = h("ol", { class: "past", aria: { label: "History, newest first" } });
  const more = button({ words: "Earlier", symbol: "expand_more" }, () => load(false));
  const bar = h(
    "div",
    { class: "buttons" },
    button({ words: "Undo", symbol: "undo" }, () => edits.undo()),
    button({ words: "Redo", symbol: "redo" }, () => edits.redo()),
    button({ words: "Name this state…", symbol: "bookmark_add", title: "Give the tree as it is now a name that leads back to it" }, () => nameState()),
  );
  const empty = h("p", { class: "dim", text: "Nothing was done to the tree yet." });
  element.append(bar, empty, list, more);
  let next = null;
  let last = 0;
  let seen = -1;

  const load = newest(async (fresh) => {
    if (fresh && seen === store.state.rev) return;
    try {
      const found = await call("/api/tree/history", { count: fresh ? Math.max(40, list.children.length) : 40, before: fresh ? null : next });
      last = found.last;
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
      ways.push(button({ words: "Undo this", kind: "quiet" }, () => undoOne(entry)));
    }
    if (entry.number < last) ways.push(button({ words: "Back to here", title: "Bring the tree to what it was right after this", kind: "quiet" }, () => backTo(entry.number)));
    const names = entry.names.map((one) =>
      button({ words: one.name, symbol: "bookmark", title: `Back to “${one.name}”, entry ${one.entry}`, kind: "quiet past-name" }, () => backTo(one.entry, `“${one.name}”`)),
    );
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
        names.length > 0 && h("div", { class: "past-ways" }, names),
        h("div", { class: "past-ways" }, ways),
      ),
    );
  }

  async function undoGroup(group) {
    const body = h("p", { text: "Everything it did to the tree is taken back, as one entry that can be undone itself." });
    if (await dialogs.confirm({ title: `Undo all of ${group}?`, body, words: "Undo all of it" })) await edits.change("/api/tree/undo_group", { group });
  }

  async function undoOne(entry) {
    const body = h("p", { text: `“${entry.summary}” changed ${count(entry.touched)} features. All of it is taken back; Redo does it again.` });
    if (entry.touched > 1 && !(await dialogs.confirm({ title: `Undo entry ${entry.number}?`, body, words: "Undo all of it" }))) return;
    await edits.undo(entry.number);
  }

  async function backTo(number, name = `entry ${number}`) {
    const after = store.state.rev - number;
    if (!after) return void notices.say("The tree is in that state now.");
    try {
      const { changes } = await call("/api/tree/return_impact", { number });
      const facts = WORDS.filter(([kind]) => changes[kind]).map(([kind, words]) => h("li", { text: `${count(changes[kind])} ${words}` }));
      const said = `What the ${after === 1 ? "entry" : `${count(after)} entries`} after it did is taken back, as one entry that can be undone itself.`;
      const body = h("div", {}, h("p", { text: said }), h("ul", {}, facts.length ? facts : h("li", { text: "no feature, name or count changes by it" })));
      if (await dialogs.confirm({ title: `Back to ${name}?`, body, words: "Go back" })) await edits.change("/api/tree/return", { number });
    } catch (error) {
      notices.say(error.message, { tone: "bad" });
    }
  }

  function nameState() {
    const field = h("input", { type: "text", autofocus: true, maxlength: "200", placeholder: "before the big clean-up", aria: { label: "Name" } });
    const run = async () => {
      try {
        await send("/api/tree/snapshot", { rev: store.state.rev, name: field.value.trim() });
      } catch (error) {
        notices.say(error.message, { tone: "bad" });
        return false;
      }
      seen = -1;
      load(true);
      return true;
    };
    const opened = dialogs.open({
      title: "Name this state", body: h("div", { class: "form" }, h("p", { class: "dim", text: "The name stands in the history and leads back here, from the command line too." }), field),
      actions: [{ words: "Cancel" }, { words: "Name it", kind: "primary", run }],
    });
    field.addEventListener("keydown", (event) => event.key === "Enter" && opened.actions.at(-1).click());
  }

  const refresh = () => store.state.panel === "history" && load(true);
  context.ends.push(store.on(["rev", "panel"], refresh));
  context.commands.add({
    id: "show-history", title: "Show the history", group: "View", symbol: "history", run: () => store.set({ panel: "history" }),
  });
  refresh();
}
