// Dialogs, menus and short notices over the panes.

import { button, h, icon } from "./dom.js";

/** Shows dialogs inside `root`. */
export class Dialogs {
  constructor(root) {
    this.root = root;
  }

  /** Opens a dialog. `actions`: {words, kind: "primary" | "danger", run, enabled}; a run that returns false keeps it open.
   *
   * Returns {close, closed (a promise), element, actions (the buttons)}.
   */
  open({ title, body, actions = [], wide = false, onclose }) {
    const before = this.root.getRootNode().activeElement;
    const made = h("dialog", { class: `dialog ${wide ? "wide" : ""}`, aria: { label: title } });
    const close = () => made.open && made.close();
    const buttons = actions.map((action) => {
      const press = async () => {
        shown.disabled = true;
        try {
          if ((await action.run?.()) !== false) close();
        } finally {
          shown.disabled = false;
        }
      };
      const shown = button({ words: action.words, kind: action.kind ?? "" }, press);
      return shown;
    });
    made.append(
      h("header", {}, h("h2", { text: title }), button({ symbol: "close", title: "Close", kind: "quiet" }, close)),
      h("div", { class: "dialog-body" }, body),
      h("footer", {}, buttons),
    );
    const closed = new Promise((done) => {
      made.addEventListener("close", () => {
        made.remove();
        before?.focus?.();
        onclose?.();
        done();
      });
    });
    made.addEventListener("click", (event) => event.target === made && close());
    this.root.append(made);
    made.showModal();
    (made.querySelector("[autofocus], input, select, textarea") ?? buttons.at(-1))?.focus();
    return { close, closed, element: made, actions: buttons };
  }

  /** Asks before something is done. Returns whether it may be. */
  async confirm({ title, body, words, danger = true }) {
    let agreed = false;
    const agree = { words, kind: danger ? "danger" : "primary", run: () => void (agreed = true) };
    const opened = this.open({ title, body, actions: [{ words: "Cancel" }, agree] });
    opened.actions.at(-1).focus();
    await opened.closed;
    return agreed;
  }
}

/** Opens a menu at a point. `items`: {title, key, symbol, run, enabled, danger} or null for a line. */
export function openMenu(root, x, y, items) {
  root.querySelector(".menu")?.remove();
  const before = root.getRootNode().activeElement;
  const menu = h("div", { class: "menu", role: "menu", tabindex: "-1" });
  const close = () => {
    menu.remove();
    document.removeEventListener("pointerdown", outside, true);
    before?.focus?.();
  };
  const outside = (event) => !event.composedPath().includes(menu) && close();
  for (const item of items) {
    if (!item) {
      menu.append(h("hr"));
      continue;
    }
    const run = () => {
      close();
      item.run();
    };
    menu.append(
      h(
        "button",
        { type: "button", role: "menuitem", class: item.danger ? "danger" : "", disabled: item.enabled === false, on: { click: run } },
        icon(item.symbol ?? ""),
        h("span", { class: "menu-title", text: item.title }),
        h("kbd", { text: item.key ?? "" }),
      ),
    );
  }
  const buttons = () => [...menu.querySelectorAll("button:not(:disabled)")];
  menu.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const at = buttons().indexOf(menu.getRootNode().activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons().length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      buttons().at(to % buttons().length)?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close();
    }
  });
  root.append(menu);
  const space = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(x, innerWidth - space.width - 8))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, innerHeight - space.height - 8))}px`;
  document.addEventListener("pointerdown", outside, true);
  buttons()[0]?.focus();
  return close;
}

/** Shows short notices, one above the other. */
export class Notices {
  constructor(root) {
    this.root = root;
    this.place = h("div", { class: "notices", role: "status", aria: { live: "polite" } });
    root.append(this.place);
  }

  /** Says something for some seconds. `action`: {words, run}; tone: "", "good" or "bad"; stay: until it is closed. */
  say(words, { action, tone = "", stay = false } = {}) {
    const end = () => made.remove();
    const act = () => {
      end();
      action.run();
    };
    const made = h(
      "div",
      { class: `notice ${tone}` },
      h("span", { text: words }),
      action && button({ words: action.words, kind: "quiet" }, act),
      button({ symbol: "close", title: "Close", kind: "quiet" }, end),
    );
    this.#bring();
    this.place.append(made);
    if (!stay) setTimeout(end, tone === "bad" ? 12_000 : 6_000);
    while (this.place.children.length > 4) this.place.firstChild.remove();
    return end;
  }

  /** Nothing outside an open dialog can be seen well or clicked: notices stand in it as long as it is open. */
  #bring() {
    const dialog = [...this.root.querySelectorAll("dialog[open]")].at(-1);
    if (!dialog || dialog.contains(this.place)) return;
    dialog.append(this.place);
    dialog.addEventListener("close", () => this.root.append(this.place), { once: true });
  }
}
