// Links to what is looked at: copied for others, and checked where somebody comes by one.

import { call } from "./api.js";

/** Adds the command that copies a link, and looks whether the address leads anywhere. */
export function addLinks({ store, commands, notices, root }) {
  commands.add({
    id: "copy-link", title: "Copy link to this view", group: "Find", key: "Alt+L", symbol: "link",
    run: async () => notices.say((await copy(location.href, root)) ? "Link copied." : `The browser does not let us copy; the address is ${location.href}`),
  });
  check(store, notices);
}

/** Says plainly which features of the address are gone, and goes on without them. */
async function check(store, notices) {
  const named = { node: store.state.node, top: store.state.top };
  const asked = [...new Set(Object.values(named).filter(Boolean))];
  if (!asked.length) return;
  try {
    const { gone } = await call("/api/tree/chosen", { nodes: asked });
    if (!gone.length) return;
    if (gone.includes(named.top) && store.state.top === named.top) store.set({ top: 0 });
    if (gone.includes(named.node) && store.state.node === named.node) store.choose(0);
    const which = gone.length === 1 ? `feature ${gone[0]}, which is` : `features ${gone.join(" and ")}, which are`;
    notices.say(`The address names ${which} not in this tree: deleted, merged, or of another workspace.`, { tone: "bad" });
  } catch {
    // the panes say by themselves that the server does not answer
  }
}

/** Copies text; the old way where the page may not use the clipboard. */
export async function copy(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    const before = root.getRootNode().activeElement;
    field.value = text;
    root.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    before?.focus?.();
    return done;
  }
}
