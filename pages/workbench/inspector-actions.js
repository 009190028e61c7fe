// What can be done with what is chosen: the commands of its menu as buttons, those that can be done now.

import { button, count, h } from "./dom.js";
import { section } from "./inspector-section.js";

/** Returns {element, update()}. Buttons stay as long as the commands do. */
export function actionsPart({ store, commands }) {
  const place = section("actions", "Actions", { closed: true });
  const list = h("div", { class: "inspect-actions", role: "group", aria: { label: "Actions" } });
  place.body.append(list);
  let made = [];

  function update() {
    const offered = commands.all().filter((command) => command.menu);
    if (offered.length !== made.length) {
      made = offered.map((command) => ({ command, shown: shownAs(command) }));
      list.replaceChildren(...made.map(({ shown }) => shown));
    }
    for (const { command, shown } of made) shown.hidden = !command.enabled(store.state);
    place.say(count(made.filter(({ shown }) => !shown.hidden).length));
    place.element.hidden = !store.state.selected.length;
  }

  const shownAs = (command) => {
    const { title, key, symbol = "chevron_right", danger } = command;
    return button({ symbol, words: title, title, key, kind: `quiet ${danger ? "inspect-danger" : ""}` }, () => commands.run(command.id, store.state));
  };
  return { element: place.element, update };
}
