// Everything that can be done, once: keys, palette, menus and the help read it from here.

/** A command: {id, title, group, key, symbol, enabled(state), run(), menu, danger, where()}.
 *
 * `key` is written "Ctrl+Z", "F2", "Delete", "Shift+Tab"; several with " / " between. `menu: true` offers it in the
 * context menu of features. `where` gives the elements in which the key means this; without it the key does everywhere.
 */
export class Commands {
  #all = new Map();

  add(...commands) {
    for (const command of commands) this.#all.set(command.id, { enabled: () => true, group: "", key: "", ...command });
  }

  all() {
    return [...this.#all.values()];
  }

  get(id) {
    return this.#all.get(id);
  }

  /** Runs a command by its id where it is enabled. */
  run(id, state, ...args) {
    const command = this.#all.get(id);
    if (command?.enabled(state)) return command.run(...args);
    return undefined;
  }

  /** The enabled command that a key event means. */
  of(event, state) {
    const pressed = keyOf(event);
    const path = event.composedPath();
    const here = ({ where }) => !where || where().some((element) => path.includes(element));
    return this.all().find((one) => one.key.split(" / ").includes(pressed) && here(one) && one.enabled(state));
  }
}

/** A key event as commands write keys; Cmd counts as Ctrl. */
export function keyOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  const name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key))) parts.push("Shift");
  parts.push(name === " " ? "Space" : name);
  return parts.join("+");
}
