// Edits: sent once, told with a way back, and never lost where somebody else was quicker.

import { send } from "./api.js";
import { h } from "./dom.js";

/** Sends edits for all panes. */
export class Edits {
  /** Takes back what this tab did last where that made no entry; null where the history does it. */
  back = null;

  constructor({ store, dialogs, notices }) {
    this.store = store;
    this.dialogs = dialogs;
    this.notices = notices;
  }

  /** Does operations as one batch. Returns {entry, created, rev}, or null where it was not done (and was said). */
  apply(operations, { reason = "", quiet = false } = {}) {
    return this.change("/api/tree/edit", { operations, reason }, { quiet });
  }

  undo(number = null) {
    if (number === null && this.back) return this.back();
    return this.change("/api/tree/undo", number === null ? {} : { number }, { quiet: true });
  }

  redo() {
    return this.change("/api/tree/redo", {}, { quiet: true });
  }

  /** Sends any request that changes the tree and answers {entry, rev}. */
  async change(path, body, { quiet = false } = {}) {
    try {
      const done = await send(path, { rev: this.store.state.rev, ...body });
      this.back = null;
      this.store.set({ rev: Math.max(done.rev, this.store.state.rev) });
      if (!done.entry && (done.refused ?? done.opened) !== undefined) return done;
      if (!done.entry) this.notices.say("That changes nothing.");
      else if (!quiet) {
        const back = { words: "Undo", run: () => this.undo(done.entry.number) };
        this.notices.say(capital(done.entry.summary), { action: back });
      } else if (path !== "/api/tree/edit") this.notices.say(capital(done.entry.summary));
      return done;
    } catch (error) {
      if (error.kind === "stale") return this.#decide(path, body, error.more, quiet);
      this.notices.say(capital(error.message), { tone: "bad" });
      return null;
    }
  }

  /** Somebody else changed the same features: shows what, and lets the person decide. The edit is kept until then. */
  async #decide(path, body, { changes, rev }, quiet) {
    const lines = changes.map((change) =>
      h("li", {}, h("b", { text: change.summary }), h("span", { class: "dim", text: ` · entry ${change.number}, ${change.actor}` })),
    );
    const body_ = h(
      "div",
      {},
      h("p", { text: "Since this page last looked, the same features were changed:" }),
      h("ul", { class: "changes" }, lines),
      h("p", { text: "Your edit is not done yet. Do it on the tree as it is now, or leave it." }),
    );
    const agreed = await this.dialogs.confirm({ title: "Changed meanwhile", body: body_, words: "Do it anyway", danger: false });
    this.store.set({ rev });
    return agreed ? this.change(path, { ...body, rev, anyway: true }, { quiet }) : null;
  }
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
