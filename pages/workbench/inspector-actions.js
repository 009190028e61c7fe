// What can be done with the feature that is looked at: the commands of its menu as buttons.

import { button, h } from "./dom.js";

/** Returns {element, update()}. Buttons stay as long as the commands do. */
export function actionsPart({ store, commands }) {
  const element = h("div", { class: "inspect-actions", role: "group", aria: { label: "Actions" } });
  let made = [];

  function update() {
    const offered = commands.all().filter((command) => command.menu);
    if (offered.length !== made.length) {
      made = offered.map((command) => ({
        command,
        shown: button({ symbol: command.symbol ?? "chevron_right", title: command.title, key: command.key, kind: `quiet ${command.danger ? "inspect-danger" : ""}` }, () => commands.run(command.id, store.state)),
      }));
      element.replaceChildren(...made.map(({ shown }) => shown));
    }
    for (const { command, shown } of made) shown.disabled = !command.enabled(store.state);
    element.hidden = !made.length || store.state.node === 0;
  }
  return { element, update };
}
