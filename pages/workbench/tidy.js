// What looks wrong in the tree, kind by kind, as lists to work through with the keyboard.

import { call, operationName } from "./api.js";
import { impactText } from "./bulk.js";
import { button, count, h, said, select } from "./dom.js";

const WATCH_MS = 700;

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
  const { store, edits, dialogs } = context;
  let kind = "duplicates";
  let shown = kind;
  let findings = [];
  const meaning = h("input", { type: "checkbox" });
  const here = h("input", { type: "checkbox" });
  const list = h("ol", { class: "findings", role: "listbox", tabindex: "0", aria: { label: "Findings" } });
  const said_ = h("p", { class: "dim", aria: { live: "polite" }, text: "Choose what to look for." });
  const stop = button({ words: "Stop", symbol: "stop", kind: "quiet" }, () => call("/api/tree/look", { look: name, stop: true }).catch(() => {}));
  stop.hidden = true;
  let name = "";
  const look = button({ words: "Look", symbol: "search", kind: "primary" }, () => find());
  const all = button({ words: "Mend all", symbol: "done_all" }, () => mend(findings.filter((one) => one.operations.length && !one.done), true));
  all.hidden = true;
  element.append(
    h("label", { class: "stack" }, "Look for", select({ "aria-label": "Look for" }, KINDS, kind, (value) => (kind = value))),
    h("label", { class: "check" }, here, "Only below the chosen feature"),
    h("label", { class: "check" }, meaning, "Compare by meaning too (slower; at most 100,000 names, those of the upper levels)"),
    h("div", { class: "buttons" }, look, stop, all),
    said_,
    list,
    h("p", { class: "dim keys-said", text: "Up and Down look, Enter mends, Delete leaves it." }),
  );

  async function find() {
    said_.textContent = "Looking through the tree…";
    look.disabled = true;
    stop.hidden = false;
    name = operationName();
    const watching = setInterval(watch, WATCH_MS);
    try {
      const asked = kind;
      const below = here.checked ? store.state.node : 0;
      const found = await call("/api/tree/findings", { kind, below, by_meaning: meaning.checked, look: name });
      findings = found.findings;
      shown = asked;
      const mends = findings.filter((one) => one.operations.length).length;
      said_.textContent = findings.length
        ? `${findings.length}${found.more ? " or more" : ""} found, worst first; ${mends} with a mend.`
        : "Nothing of this kind was found.";
      all.hidden = !mends;
      list.replaceChildren(...findings.map(line));
      point(0, false);
    } catch (error) {
      said_.textContent = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}`;
    } finally {
      clearInterval(watching);
      look.disabled = false;
      stop.hidden = true;
    }
  }

  /** Says how far the look is: by meaning it may take minutes, and everything else goes on meanwhile. */
  async function watch() {
    const { done, total } = await call("/api/tree/look", { look: name }).catch(() => ({}));
    if (total && look.disabled) said_.textContent = `Looking through the tree… ${count(done)} of ${count(total)} names; everything else can be used meanwhile.`;
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

  async function mend(chosen, every = false) {
    const operations = chosen.flatMap((one) => one.operations);
    if ((every || operations.filter((one) => one.kind === "delete").length > 1) && !(await agreed(operations))) return;
    const done = await edits.apply(operations, { reason: `found: ${shown}` });
    if (done) chosen.forEach((one) => leave(one, false));
  }

  /** Whether a mend that takes away much may be done, after a look at what it takes away. */
  async function agreed(operations) {
    try {
      const { impact } = await call("/api/tree/impact", { operations });
      return await dialogs.confirm({ title: `Make ${count(operations.length)} changes?`, body: impactText(impact), words: "Mend", danger: impact.gone > 0 });
    } catch (error) {
      said_.textContent = error.message;
      return false;
    }
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
