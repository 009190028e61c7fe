// Edits of many features: each is looked at before it is done, and is one batch that one undo takes back.

import { call } from "./api.js";
import { count, debounce, h, newest, said } from "./dom.js";

/** Adds the commands that change many features at once. */
export function bulkEdits(context) {
  const { commands, store } = context;
  const one = (state) => state.selected.length === 1;
  const some = (state) => state.selected.length > 0;
  const many = (state) => state.selected.length > 1;
  commands.add(
    {
      id: "delete", title: "Delete…", group: "Edit", key: "Delete", symbol: "delete", menu: true, danger: true,
      where: () => context.features, enabled: some, run: () => removeChosen(context),
    },
    {
      id: "paste-outline", title: "Add an outline below…", group: "Many", symbol: "playlist_add", menu: true,
      enabled: (state) => state.selected.length <= 1, run: () => pasteOutline(context),
    },
    {
      id: "rename-pattern", title: "Rename by pattern…", group: "Many", key: "Ctrl+H", symbol: "find_replace", menu: true,
      run: () => renameByPattern(context),
    },
    { id: "merge", title: "Merge chosen…", group: "Many", key: "Ctrl+M", symbol: "merge", menu: true, enabled: many, run: () => mergeChosen(context) },
    { id: "move-to", title: "Move chosen to…", group: "Many", symbol: "drive_file_move", menu: true, enabled: some, run: () => moveChosen(context) },
    { id: "lock", title: "Lock", group: "Edit", key: "Ctrl+L", symbol: "lock", menu: true, enabled: some, run: () => lockChosen(context, true) },
    { id: "unlock", title: "Unlock", group: "Edit", key: "Ctrl+Shift+L", symbol: "lock_open", menu: true, enabled: some, run: () => lockChosen(context, false) },
    {
      id: "lock-below", title: "Lock with all below", group: "Edit", symbol: "lock", enabled: one,
      run: () => lockChosen(context, true, true),
    },
    { id: "unlock-below", title: "Unlock with all below", group: "Edit", symbol: "lock_open", enabled: one, run: () => lockChosen(context, false, true) },
    { id: "prune", title: "Prune by level or count…", group: "Many", symbol: "content_cut", menu: true, danger: true, run: () => prune(context) },
  );
  return { remove: () => removeChosen(context), chosen: () => store.state.selected };
}

/** Features without those that lie below another chosen one would be the server's to find out; it refuses none twice. */
const chosen = (context) => context.store.state.selected;

async function removeChosen(context) {
  const operations = chosen(context).map((node) => ({ kind: "delete", node }));
  const found = await ask(context, "/api/tree/impact", { operations });
  if (!found) return;
  const { impact } = found;
  if (impact.gone > 1 || impact.seeds || impact.noted || impact.locked.length) {
    const title = impact.gone === 1 ? "Delete this feature?" : `Delete ${count(impact.gone)} features?`;
    if (!(await context.dialogs.confirm({ title, body: impactText(impact), words: "Delete" }))) return;
  }
  // what goes is looked at no longer, or every pane would ask for what is gone
  const { node, selected } = context.store.state;
  context.store.choose(0);
  // one that lies below another chosen one goes with it
  if (!(await context.edits.apply(uppermost(operations, found.inside ?? [])))) context.store.set({ node, selected });
}

const uppermost = (operations, inside) => operations.filter(({ node }) => !inside.includes(node));

/** What a batch takes away, in words. */
export function impactText(impact) {
  const facts = [
    impact.gone && (impact.gone === 1 ? "1 feature goes" : `${count(impact.gone)} features go, those below others included`),
    impact.merged && `${count(impact.merged)} features become part of others`,
    impact.moved && `${count(impact.moved)} features move`,
    impact.seeds && `${count(impact.seeds)} seeds show something that goes`,
    impact.observed && `the largest observed count that goes is ${count(impact.observed)}`,
    impact.noted && `${count(impact.noted)} of them carry a note or a status`,
  ].filter(Boolean);
  return h(
    "div",
    {},
    impact.locked.length > 0 &&
      h("p", { class: "warning", text: `Locked, and in the way: ${impact.locked.map(said).join("; ")}. Unlock first.` }),
    h("ul", {}, facts.map((text) => h("li", { text }))),
    impact.examples.length > 0 && h("p", { class: "dim", text: "For example" }),
    h("ul", { class: "paths" }, impact.examples.map((path) => h("li", { text: said(path), title: said(path) }))),
    h("p", { class: "dim", text: "One undo brings everything back." }),
  );
}

function pasteOutline(context) {
  const parent = context.store.state.node;
  const text = h("textarea", { rows: 12, spellcheck: "false", autofocus: true, placeholder: "one feature a line,\n  two spaces deeper for each level", aria: { label: "Outline" } });
  const lines = h("p", { class: "dim", aria: { live: "polite" } });
  text.addEventListener("input", () => {
    const number = text.value.split("\n").filter((line) => line.trim()).length;
    lines.textContent = number ? `${count(number)} lines; features that are there already stay as they are.` : "";
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey) return;
    event.preventDefault();
    text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
  });
  const add = async () => {
    if (!text.value.trim()) return false;
    const done = await context.edits.apply([{ kind: "add many", parent, outline: text.value }]);
    return done !== null;
  };
  context.dialogs.open({
    title: parent ? "Add an outline below the chosen feature" : "Add an outline as categories",
    body: h("div", {}, text, lines),
    actions: [{ words: "Cancel" }, { words: "Add", kind: "primary", run: add }],
  });
}

function renameByPattern(context) {
  const nodes = chosen(context);
  const pattern = h("input", { type: "text", autofocus: true, spellcheck: "false", aria: { label: "Replace" } });
  const replacement = h("input", { type: "text", spellcheck: "false", aria: { label: "By" } });
  const regex = h("input", { type: "checkbox" });
  const merge = h("input", { type: "checkbox" });
  const scope = nodes.length > 1 ? `the ${nodes.length} chosen features` : nodes.length ? "all features below the chosen one" : "the whole tree";
  const shown = h("div", { class: "preview", aria: { live: "polite" } });
  const sweep = () => ({
    kind: "rename", pattern: pattern.value, replacement: replacement.value, regex: regex.checked, merge: merge.checked,
    ...(nodes.length > 1 ? { nodes } : { below: nodes[0] ?? 0 }),
  });
  const look = newest(async () => {
    if (!pattern.value) return shown.replaceChildren();
    try {
      show(await call("/api/tree/preview", { sweep: sweep() }));
    } catch (error) {
      shown.replaceChildren(h("p", { class: "warning", text: error.message }));
    }
  });
  const show = (found) => {
    const rows = found.renamings.map((one) =>
      h(
        "tr",
        { class: one.problem ? "problem" : "" },
        h("td", { text: one.before, title: said([...one.path, one.before]) }),
        h("td", { text: "→" }),
        h("td", { text: one.after }),
        h("td", { class: "dim", text: one.problem || (one.merges ? "merges with its sibling" : said(one.path)) }),
      ),
    );
    const words = `${count(found.operations)} will change` + (found.problems ? `, ${count(found.problems)} cannot` : "");
    shown.replaceChildren(h("p", { text: words }), h("table", { class: "renamings" }, rows));
  };
  const later = debounce(look, 120);
  for (const field of [pattern, replacement, regex, merge]) field.addEventListener("input", later);
  const body = h(
    "div",
    { class: "form" },
    h("p", { class: "dim", text: `In the names of ${scope}` }),
    h("label", {}, "Replace", pattern),
    h("label", {}, "By", replacement),
    h("label", { class: "check" }, regex, "Regular expression (RE2), \\1 is the first group"),
    h("label", { class: "check" }, merge, "Where a sibling has the new name, merge the two"),
    shown,
  );
  context.dialogs.open({
    title: "Rename by pattern", body, wide: true,
    actions: [{ words: "Cancel" }, { words: "Rename", kind: "primary", run: () => swept(context, sweep()) }],
  });
}

const swept = async (context, sweep) => (await context.edits.change("/api/tree/sweep", { sweep })) !== null;

async function mergeChosen(context) {
  const nodes = chosen(context);
  const found = await Promise.all(nodes.map((node) => ask(context, "/api/tree/node", { node, temperature: 1 })));
  if (found.some((one) => !one)) return;
  const facts = found.map((one, index) => ({ node: nodes[index], name: one.path.at(-1).name, path: one.path.map((part) => part.name), observed: one.observed, estimated: one.estimated, size: one.size }));
  let target = facts.reduce((best, one) => (one.observed > best.observed ? one : best)).node;
  const lines = facts.map((one) => {
    const radio = h("input", { type: "radio", name: "target", checked: one.node === target, on: { change: () => ((target = one.node), look()) } });
    const counts = `${count(one.observed)} observed${one.estimated === null ? "" : `, ${count(one.estimated)} estimated`}, ${count(one.size)} below`;
    return h("label", { class: "check" }, radio, h("b", { text: one.name }), h("span", { class: "dim", text: ` ${counts} · ${said(one.path.slice(0, -1)) || "a category"}`, title: said(one.path) }));
  });
  const shown = h("div", { aria: { live: "polite" } });
  const merge = () => ({ kind: "merge", target, sources: nodes.filter((node) => node !== target) });
  const look = newest(async () => {
    const found_ = await ask(context, "/api/tree/impact", { operations: [merge()] });
    if (found_) shown.replaceChildren(mergeText(found_, facts, target));
  });
  look();
  const body = h("div", { class: "form" }, h("p", { text: "Counts add up, evidence is united, children of one name are merged in turn. Which one stays?" }), lines, shown);
  const run = async () => {
    const done = await context.edits.apply([merge()]);
    if (done) context.store.choose(target);
    return done !== null;
  };
  context.dialogs.open({ title: `Merge ${nodes.length} features`, body, actions: [{ words: "Cancel" }, { words: "Merge", kind: "primary", run }] });
}

/** What becomes of the counts and of what lies below, in words. */
function mergeText({ impact, met }, facts, target) {
  const others = facts.filter(({ node }) => node !== target);
  const below = others.reduce((sum, one) => sum + one.size, 0);
  const observed = facts.reduce((sum, one) => sum + one.observed, 0);
  const lines = [
    `${others.map(({ name }) => `“${name}”`).slice(0, 5).join(", ")}${others.length > 5 ? ` and ${others.length - 5} more` : ""} ${others.length === 1 ? "goes" : "go"}, and what ${others.length === 1 ? "it" : "each"} had goes to what stays`,
    `what stays is observed ${count(observed)} times`,
    below ? `${count(below)} features below them move below it${met ? `; ${count(met)} of these are there by the same name already and are merged too` : ""}` : "nothing lies below them",
  ];
  return h(
    "div",
    {},
    impact.locked.length > 0 && h("p", { class: "warning", text: `Locked, and in the way: ${impact.locked.map(said).join("; ")}. Unlock first.` }),
    h("ul", {}, lines.map((text) => h("li", { text }))),
    h("p", { class: "dim", text: "One undo brings everything back." }),
  );
}

function moveChosen(context) {
  const nodes = chosen(context);
  let parent = null;
  const field = h("input", { type: "text", autofocus: true, placeholder: "Find the new parent", aria: { label: "New parent" } });
  const list = h("div", { class: "choices", role: "radiogroup", aria: { label: "New parent" } });
  const look = newest(async () => {
    const found = field.value.trim() ? await ask(context, "/api/tree/search", { query: field.value, limit: 12 }) : { hits: [] };
    const hits = (found?.hits ?? []).filter((hit) => !nodes.includes(hit.node));
    parent = null;
    const offered = [...hits.map((hit) => ({ id: hit.node, words: said(hit.path) })), { id: 0, words: "The root: as categories" }];
    list.replaceChildren(
      ...offered.map(({ id, words }) =>
        h("label", { class: "check", title: words }, h("input", { type: "radio", name: "parent", on: { change: () => (parent = id) } }), h("span", { text: words })),
      ),
    );
  });
  field.addEventListener("input", debounce(look, 60));
  look();
  const run = async () => {
    if (parent === null) {
      context.notices.say("Choose the new parent first.");
      return false;
    }
    return (await context.edits.apply(nodes.map((node) => ({ kind: "move", node, parent })))) !== null;
  };
  context.dialogs.open({
    title: nodes.length > 1 ? `Move ${nodes.length} features` : "Move this feature", body: h("div", { class: "form" }, field, list),
    actions: [{ words: "Cancel" }, { words: "Move", kind: "primary", run }],
  });
}

function lockChosen(context, locked, below = false) {
  return context.edits.apply(chosen(context).map((node) => ({ kind: "lock", node, locked, below })));
}

function prune(context) {
  const below = context.store.state.node;
  const deepest = h("input", { type: "number", min: "0", max: "100", placeholder: "any", autofocus: true });
  const least = h("input", { type: "number", min: "0", step: "any", placeholder: "any" });
  const grown = h("input", { type: "checkbox" });
  const shown = h("div", { class: "preview", aria: { live: "polite" } });
  const sweep = () => ({
    kind: "prune", below, grown_only: grown.checked,
    deepest: deepest.value === "" ? null : Number(deepest.value), least: least.value === "" ? null : Number(least.value),
  });
  let gone = 0;
  const preview = async () => {
    gone = 0;
    if (deepest.value === "" && least.value === "") return shown.replaceChildren();
    shown.classList.add("waiting");
    try {
      const found = await call("/api/tree/preview", { sweep: sweep() });
      gone = found.impact.gone;
      shown.replaceChildren(found.operations ? impactText(found.impact) : h("p", { text: "Nothing would go." }));
    } catch (error) {
      shown.replaceChildren(h("p", { class: "warning", text: error.message }));
    } finally {
      shown.classList.remove("waiting");
    }
  };
  const look = newest(preview);
  for (const field of [deepest, least, grown]) field.addEventListener("input", debounce(look, 200));
  const run = async () => {
    await preview(); // of the fields as they are now
    if (!gone) return false;
    const agreed = await context.dialogs.confirm({ title: `Delete ${count(gone)} features?`, body: h("p", { text: "One undo brings them back." }), words: "Prune" });
    return agreed && swept(context, sweep());
  };
  const body = h(
    "div",
    { class: "form" },
    h("p", { class: "dim", text: below ? "Below the chosen feature" : "In the whole tree" }),
    h("label", {}, "Keep levels down to (categories are level 1)", deepest),
    h("label", {}, "Keep features that count at least", least),
    h("label", { class: "check" }, grown, "Only what growth added: nothing observed goes"),
    shown,
  );
  context.dialogs.open({ title: "Prune", body, wide: true, actions: [{ words: "Cancel" }, { words: "Prune…", kind: "danger", run }] });
}

/** Asks the server; says what went wrong and returns null where something did. */
async function ask(context, path, body) {
  try {
    return await call(path, body);
  } catch (error) {
    context.notices.say(error.message, { tone: "bad" });
    return null;
  }
}
