// The seeds that show a feature, each with its code at the line.

import { call } from "./api.js";
import { count, h, icon } from "./dom.js";
import { pagedList, section } from "./inspector-section.js";

/** Returns {element, update(data), settle(data)}. */
export function evidenceSection() {
  let latest = null;
  const place = section("evidence", "Evidence", { opening: () => settle(latest) });
  const list = pagedList(place, "/api/tree/evidence", { rows: ({ seeds, missing }) => [...seeds.map(seedRow), ...gap(missing)], none, size: 8 });
  const settle = (data) => data && list.settle(data, data.evidence);
  return {
    element: place.element,
    update(data) {
      latest = data;
      list.forget(data);
      place.element.hidden = data.node === 0;
      place.say(data.evidence ? `${count(data.evidence)} ${data.evidence === 1 ? "seed" : "seeds"}` : "none");
    },
    settle,
  };
}

const none = (data) =>
  data.observed > 0
    ? "Counted by an import or by hand: no seed of this workspace is named for it."
    : data.estimated === null ? "No seed shows it." : "Grown, not read from a seed.";

const gap = (missing) => (missing ? [h("li", { class: "dim", text: `${count(missing)} seeds are named that this workspace does not hold.` })] : []);

function seedRow(seed) {
  const row = h("li", {});
  let code = null;
  const toggle = async () => {
    const open = head.getAttribute("aria-expanded") !== "true";
    head.setAttribute("aria-expanded", String(open));
    if (!code && open) row.append((code = await codeOf(seed)));
    if (code) code.hidden = head.getAttribute("aria-expanded") !== "true";
  };
  const head = h(
    "button",
    { type: "button", class: "inspect-seed", title: `${seed.place}\n${seed.unit} ${seed.name} · licence ${seed.licence}`, aria: { expanded: "false" }, on: { click: toggle } },
    icon("chevron_right"),
    h("span", { class: "inspect-seed-name", text: seed.name }),
    h("span", { class: "inspect-seed-place dim" }, h("bdi", { text: seed.place })),
    h("span", { class: "inspect-licence dim", text: seed.licence }),
  );
  row.append(head);
  return row;
}

async function codeOf(seed) {
  try {
    const { lines, line, end_line: end, more, path } = await call("/api/seeds/code", { seed: seed.id });
    const numbers = lines.map((_, at) => line + at).join("\n");
    return h(
      "div",
      {},
      h("p", { class: "inspect-range dim", text: `${path}, lines ${line} to ${end}` }),
      h("div", { class: "inspect-code", tabindex: "0", role: "region", aria: { label: `Code of ${seed.name}, from line ${line}` } },
        h("pre", { class: "inspect-lines", text: numbers, aria: { hidden: "true" } }),
        h("pre", { text: lines.join("\n") })),
      more ? h("p", { class: "dim", text: `${count(more)} more lines are not shown.` }) : null,
    );
  } catch (error) {
    return h("p", { class: "inspect-bad", text: error.message });
  }
}
