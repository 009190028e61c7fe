// What looks wrong in the tree, kind by kind, as lists to work through with the keyboard.

import { call } from "./api.js";
import { button, h, said, select } from "./dom.js";

const KINDS = [
  ["duplicates", "Siblings that say the same"],
  ["misplaced", "Features nearer to another parent"],
  ["empty names", "Names that say nothing"],
  ["chains", "Only children like their parents"],
  ["wide parents", "Parents with too many children"],
  ["cold leaves", "Leaves without a count"],
];

/** Builds the panel. */
export function tidyPanel(context, element) {
  const { store, edits } = context;
  let kind = "duplicates";
  let findings = [];
  const meaning = h("input", { type: "checkbox" });
  const here = h("input", { type: "checkbox" });
  const list = h("ol", { class: "findings", role: "listbox", tabindex: "0", aria: { label: "Findings" } });
  const said_ = h("p", { class: "dim", aria: { live: "polite" }, text: "Choose what to look for." });
  const look = button({ words: "Look", symbol: "search", kind: "primary" }, () => find());
  const all = button({ words: "Mend all", symbol: "done_all" }, () => mend(findings.filter((one) => one.operations.length && !one.done)));
  all.hidden = true;
  element.append(
    h("label", { class: "stack" }, "Look for", select({ "aria-label": "Look for" }, KINDS, kind, (value) => (kind = value))),
    h("label", { class: "check" }, here, "Only below the chosen feature"),
    h("label", { class: "check" }, meaning, "Compare by meaning too (slower)"),
    h("div", { class: "buttons" }, look, all),
    said_,
    list,
    h("p", { class: "dim keys-said", text: "Up and Down look, Enter mends, Delete leaves it." }),
  );

  async function find() {
    said_.textContent = "Looking through the tree…";
    look.disabled = true;
    try {
      const below = here.checked ? store.state.node : 0;
      const found = await call("/api/tree/findings", { kind, below, by_meaning: meaning.checked });
      findings = found.findings;
      const mends = findings.filter((one) => one.operations.length).length;
      said_.textContent = findings.length
        ? `${findings.length}${found.more ? " or more" : ""} found, worst first; ${mends} with a mend.`
        : "Nothing of this kind was found.";
      all.hidden = !mends;
      list.replaceChildren(...findings.map(line));
      point(0, false);
    } catch (error) {
      said_.textContent = error.message;
    } finally {
      look.disabled = false;
    }
  }

  function line(finding, index) {
    const ways = h(
      "div",
      { class: "buttons" },
      finding.operations.length > 0 && button({ words: "Mend", kind: "primary" }, () => mend([finding])),
      button({ words: "Leave", kind: "quiet" }, () => leave(finding)),
    );
    finding.element = h(
      "li",
      { role: "option", id: `finding-${index}`, on: { click: () => point(index, true) } },
      h("div", { class: "finding-path", text: said(finding.path), title: said(finding.path) }),
      h("div", { class: "dim", text: finding.reason }),
      ways,
    );
    return finding.element;
  }

  let at = -1;
  function point(index, choose) {
    if (!findings.length) return;
    at = Math.max(0, Math.min(index, findings.length - 1));
    findings.forEach((one, place) => one.element.setAttribute("aria-selected", String(place === at)));
    list.setAttribute("aria-activedescendant", `finding-${at}`);
    findings[at].element.scrollIntoView({ block: "nearest" });
    if (choose) store.choose(findings[at].node);
  }

  async function mend(chosen) {
    const done = await edits.apply(chosen.flatMap((one) => one.operations), { reason: `found: ${kind}` });
    if (done) chosen.forEach((one) => leave(one, false));
  }

  function leave(finding, move = true) {
    finding.done = true;
    finding.element.classList.add("done");
    if (move) point(at + 1, true);
  }

  list.addEventListener("keydown", (event) => {
    if (event.target !== list) return; // a button of a finding does what it says
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: findings.length - 1 }[event.key];
    if (to !== undefined) point(to, true);
    else if (event.key === "Enter" && findings[at]?.operations.length) mend([findings[at]]).then(() => point(at + 1, true));
    else if (event.key === "Delete" && findings[at]) leave(findings[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  context.commands.add({
    id: "show-tidy", title: "Look for what is wrong", group: "View", symbol: "rule", run: () => store.set({ panel: "tidy" }),
  });
}
