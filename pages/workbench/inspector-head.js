// The top of the inspector: path, name, numbers, and the fields in which a person says something.

import { button, count, h, icon, percent, select } from "./dom.js";
import { HeldField } from "./inspector-field.js";

const STATUSES = [["", "No status"], ["to review", "To review"], ["reviewed", "Reviewed"], ["disputed", "Disputed"]];

/** Returns {element, update(data), rename(), focusNote()}. */
export function headPart(context) {
  const { store, edits } = context;
  let data = null;
  const crumbs = h("ol", { class: "inspect-crumbs" });
  const title = titlePart(context, () => data);
  const about = h("p", { class: "inspect-about dim" });
  const fields = fieldsPart(context, () => data);
  const note = notePart(edits);
  const own = h("div", {}, fields.element, note.element);
  const element = h("header", { class: "inspect-head" }, h("nav", { aria: { label: "Path" } }, crumbs), title.element, about, own);

  function update(fresh) {
    data = fresh;
    const root = fresh.node === 0;
    crumbs.replaceChildren(...(root ? [] : wayOf(fresh.path, store)));
    title.update(fresh);
    about.textContent = root ? aboutTree(fresh) : aboutFeature(fresh);
    own.hidden = root;
    if (root) return;
    fields.update(fresh);
    note.update(fresh);
  }

  return { element, update, rename: title.rename, focusNote: note.focus };
}

/** The path as items to click on; the last is the feature itself. */
export function wayOf(path, store, last = false) {
  const crumb = (node, name) =>
    h("li", {}, h("button", { type: "button", class: "inspect-crumb", title: name, text: name, on: { click: () => store.choose(node) } }));
  return [crumb(0, "Tree"), ...(last ? path : path.slice(0, -1)).map(({ node, name }) => crumb(node, name))];
}

function aboutTree({ size, children }) {
  return size ? `${many(size, "feature")} in ${many(children, "category", "categories")}. Choose one to see what is known about it.` : "No features yet. Add seeds and start a run on the Home page, or import a tree.";
}

function aboutFeature({ path, children, size, siblings }) {
  const below = children === 0 ? "no children" : many(children, "child", "children");
  const all = size > children ? `, ${count(size)} features below` : "";
  return `Level ${path.length} · ${below}${all} · one of ${many(siblings, "sibling")}`;
}

const many = (number, one, several = `${one}s`) => `${count(number)} ${number === 1 ? one : several}`;

function titlePart({ store, edits, root }, current) {
  const name = h("h2", { class: "inspect-name" });
  const field = h("input", { class: "inspect-rename", aria: { label: "Name" }, hidden: true, maxlength: "1000", spellcheck: "false" });
  const pen = button({ symbol: "edit", title: "Rename", kind: "quiet" }, rename);
  const element = h("div", { class: "inspect-title" }, name, field, pen);
  let writing = null;

  function rename() {
    const data = current();
    if (!data?.node || data.locked) return;
    writing = { node: data.node, name: nameOf(data) };
    field.value = writing.name;
    swap(true);
    field.focus();
    field.select();
  }
  function swap(open) {
    field.hidden = !open;
    name.hidden = pen.hidden = open;
  }
  async function end(keep) {
    if (!writing) return;
    const { node, name: before } = writing;
    writing = null;
    const wanted = field.value.trim();
    const focused = root.getRootNode().activeElement === field;
    swap(false);
    if (focused) pen.focus();
    if (!keep || !wanted || wanted === before) return;
    if (store.state.node === node) name.textContent = wanted;
    if (!(await edits.apply([{ kind: "rename", node, name: wanted }])) && store.state.node === node) name.textContent = before;
  }
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter");
  });
  field.addEventListener("blur", () => end(true));

  function update(data) {
    if (writing && writing.node !== data.node) end(true);
    name.textContent = nameOf(data);
    name.title = data.locked ? "Locked: unlock it to rename it" : "";
    if (!writing) pen.hidden = data.node === 0 || data.locked;
  }
  name.addEventListener("dblclick", rename);
  return { element, update, rename };
}

const nameOf = (data) => (data.node ? data.path.at(-1).name : "The whole tree");

function fieldsPart({ edits }, current) {
  const observed = number("Observed");
  const estimated = number("Estimated", "none");
  const held = [
    new HeldField(observed, (node, text) => edits.apply([{ kind: "set count", node, observed: Math.round(Number(text)) || 0 }])),
    new HeldField(estimated, (node, text) =>
      edits.apply([{ kind: "set count", node, ...(text === "" ? { clear_estimated: true } : { estimated: Number(text) }) }]),
    ),
  ];
  const clear = button({ symbol: "backspace", title: "Clear the estimate", kind: "quiet" }, () =>
    edits.apply([{ kind: "set count", node: current().node, clear_estimated: true }]),
  );
  const facts = Object.fromEntries(["weight", "share", "chance", "reach"].map((key) => [key, h("dd", {})]));
  const status = select({ aria: { label: "Status" } }, STATUSES, "", () =>
    edits.apply([{ kind: "status", node: current().node, status: status.value }]).then((done) => done || (status.value = current().status)),
  );
  const lock = button({ symbol: "lock_open", words: "Lock", class: "button inspect-lock", aria: { pressed: "false" } }, () => toggle(false));
  const below = button({ words: "and all below", kind: "quiet", title: "Lock or unlock this feature and all below it" }, () => toggle(true));
  const toggle = (all) => edits.apply([{ kind: "lock", node: current().node, locked: all ? !(current().locked) : !current().locked, below: all }]);
  const fact = (words, shown, title) => h("div", { class: "inspect-fact", title }, h("dt", { text: words }), shown);
  const element = h(
    "div",
    {},
    h("dl", { class: "inspect-facts" },
      fact("Observed", h("dd", {}, observed), "Number of seeds that show it, or what an import said"),
      fact("Estimated", h("dd", { class: "inspect-estimate" }, estimated, clear), "What growth, an import or a person estimates"),
      fact("Weight in draws", facts.weight, "Observed where it is above 0, else estimated"),
      fact("Share of siblings", facts.share, "Its count over the counts of all siblings"),
      fact("Chance, reweighted", facts.chance, "Chance among its siblings at the temperature of the sampling panel"),
      fact("Chance of a draw", facts.reach, "Chance that a draw of one child a level passes through it")),
    h("div", { class: "inspect-says" }, status, lock, below),
  );

  function update(data) {
    held[0].show(data.node, String(data.observed));
    held[1].show(data.node, data.estimated === null ? "" : String(Number(data.estimated.toPrecision(6))));
    clear.hidden = data.estimated === null || data.locked;
    observed.disabled = estimated.disabled = data.locked;
    facts.weight.textContent = count(data.weight);
    for (const key of ["share", "chance", "reach"]) facts[key].textContent = percent(data[key]);
    status.value = data.status;
    lock.setAttribute("aria-pressed", String(data.locked));
    lock.replaceChildren(icon(data.locked ? "lock" : "lock_open"), h("span", { text: data.locked ? "Locked" : "Lock" }));
    lock.title = data.locked ? "Unlock this feature" : "Keep name, place, counts and children as they are";
    lock.setAttribute("aria-label", "Lock");
    below.hidden = data.children === 0;
    below.lastChild.textContent = data.locked ? "unlock all below" : "lock all below";
  }
  return { element, update };
}

const number = (label, placeholder = "") =>
  h("input", { type: "number", min: "0", step: "any", class: "inspect-number", placeholder, aria: { label }, inputmode: "decimal" });

function notePart(edits) {
  const field = h("textarea", { class: "inspect-note", rows: "2", placeholder: "Write a note…", aria: { label: "Note" } });
  const said = h("span", { class: "inspect-saved dim", role: "status" });
  const held = new HeldField(field, async (node, text) => {
    said.textContent = "Saving…";
    const done = await edits.apply([{ kind: "note", node, text }], { quiet: true });
    said.textContent = done ? "Saved" : "Not saved";
    return done;
  });
  field.addEventListener("input", () => {
    said.textContent = held.changed ? "Ctrl+Enter saves" : "";
    fit();
  });
  const fit = () => {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, 260)}px`;
  };
  let node = 0;
  function update(data) {
    if (data.node !== node) said.textContent = "";
    node = data.node;
    if (held.show(data.node, data.note)) fit();
  }
  const element = h("div", { class: "inspect-noted" }, h("div", { class: "inspect-label" }, h("span", { text: "Note" }), said), field);
  return { element, update, focus: () => field.focus() };
}
