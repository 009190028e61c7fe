// Sections that close and stay closed, and lists that come page by page.

import { call } from "./api.js";
import { button, count, h, newest } from "./dom.js";

const KEY = "espalier:inspect-closed";

/** A section with a heading that opens and closes it. Returns {element, body, say(words), opened()}. */
export function section(name, title, { closed = false, opening } = {}) {
  const said = h("span", { class: "inspect-said dim" });
  const body = h("div", { class: "inspect-body" });
  const element = h("details", { class: "inspect-section", data: { name } }, h("summary", {}, h("span", { text: title }), said), body);
  element.open = !(kept()[name] ?? closed);
  element.addEventListener("toggle", () => {
    keep(name, !element.open);
    if (element.open) opening?.();
  });
  return { element, body, say: (words) => (said.textContent = words), opened: () => element.open };
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function keep(name, closed) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...kept(), [name]: closed }));
  } catch {
    // a browser that keeps nothing still works
  }
}

/** A list below a section that is asked for once somebody stays, and page by page.
 *
 * `rows(answer)` makes the items of an answer, `total(answer)` says how many there are, `none(data)` what to say of an
 * empty list; `heard(answer)` is told each first page. Returns {settle(data), forget()}.
 */
export function pagedList(place, path, { rows, none, size = 20, total = (answer) => answer.total, heard = () => {} }) {
  const list = h("ul", { class: "inspect-list" });
  const said = h("p", { class: "dim inspect-none" });
  const more = button({ words: "Show more", kind: "quiet" }, () => fetchPage(true));
  place.body.append(list, said, more);
  more.hidden = said.hidden = true;
  let data = null;
  let known = "";
  let reached = 0;

  const fetchPage = newest(async (further = false) => {
    const asked = data;
    const first = further ? reached : 0;
    try {
      const answer = await call(path, { node: asked.node, ...(size ? { first, count: size } : {}) });
      if (asked.node !== data.node) return;
      const made = rows(answer);
      reached = first + size;
      if (further) list.append(...made);
      else {
        list.replaceChildren(...made);
        heard(answer);
      }
      said.textContent = total(answer) ? "" : none(asked);
      more.hidden = !size || reached >= total(answer);
      more.lastChild.textContent = `Show ${count(Math.min(size, total(answer) - reached))} more of ${count(total(answer))}`;
    } catch (error) {
      if (asked.node !== data.node) return;
      said.textContent = error.message;
    }
    said.hidden = !said.textContent;
  });

  return {
    /** Asks anew where the feature or the tree is another than last time. */
    settle(fresh, mark = "") {
      if (!place.opened() || !fresh) return;
      const now = `${fresh.node}/${mark}`;
      data = fresh;
      if (now === known) return;
      known = now;
      fetchPage();
    },
    /** Empties the list where it is about another feature. */
    forget(fresh) {
      if (data && data.node !== fresh.node) {
        list.replaceChildren();
        more.hidden = said.hidden = true;
        data = fresh;
        known = "";
      }
    },
  };
}
