// Review: what growth and finders propose, decided by keyboard; and growth started at the chosen features.

import { call, operationName } from "./api.js";
import { afterwards, button, count, h, newest, said } from "./dom.js";

const WATCH_MS = 700;

/** Builds the panel. Returns {decide} for ghost rows elsewhere. */
export function reviewPanel(context, element) {
  const { store, edits, commands, notices, dialogs } = context;
  const growing = h("div", { class: "growing", role: "status" });
  const list = h("div", { class: "proposals" });
  const items = h("ol", { class: "items", role: "listbox", tabindex: "0", aria: { label: "Open changes of the proposal" } });
  const head = h("div", {});
  const more = button({ words: "More", symbol: "expand_more" }, () => loadItems(false).catch((error) => notices.say(error.message, { tone: "bad" })));
  more.hidden = true;
  element.append(growing, list, head, items, more);
  let chosen = null;
  let proposal = null;
  let shown = [];
  let next = null;
  let at = 0;

  /** Accepts or refuses: `what` is {items}, {items, with_below}, {branch} or {} for all that is open. */
  async function decide(proposal, accept, what) {
    const op = operationName();
    const done = await edits.change("/api/tree/decide", { op, proposal, accept, ...what }, { quiet: true });
    if (done && !accept) {
      edits.back = () => reopen(op);
      notices.say(`Refused ${count(done.decided)}.`, { action: { words: "Undo", run: () => reopen(op) } });
    }
    if (done) store.set({ ghost: null });
    return done;
  }

  async function reopen(refusal) {
    const done = await edits.change("/api/tree/reopen", { refusal }, { quiet: true });
    if (done) notices.say(`${count(done.opened)} wait again.`);
  }

  /** Draws part of the panel; the keyboard stays in the list where what it was on is drawn anew. */
  function draw(place, children) {
    const active = () => element.getRootNode().activeElement;
    const held = place.contains(active());
    place.replaceChildren(...children);
    if (held && !place.contains(active())) items.focus({ preventScroll: true });
  }

  const drawHead = () => draw(head, proposal ? [ways(proposal)] : []);

  const load = newest(async () => {
    if (store.state.panel !== "review") return;
    try {
      const { proposals } = await call("/api/tree/proposals");
      const open = proposals.filter((one) => one.open);
      if (!open.some((one) => one.id === chosen)) chosen = open[0]?.id ?? null;
      list.replaceChildren(...(open.length ? open.map(line) : [h("p", { class: "dim", text: "Nothing waits for review. Choose features and grow them, or propose an import from the command line." })]));
      proposal = open.find(({ id }) => id === chosen) ?? null;
      drawHead();
      await loadItems(true);
    } catch (error) {
      list.replaceChildren(h("p", { class: "warning", text: error.message }));
    }
  });

  const line = (one) =>
    h(
      "button",
      { type: "button", class: "proposal", aria: { pressed: String(one.id === chosen) }, on: { click: () => ((chosen = one.id), load()) } },
      h("b", { text: one.reason || one.actor }),
      h("span", { class: "dim", text: `${one.reason ? ` · ${one.actor}` : ""} · ${count(one.open)} of ${count(one.items)} open` }),
    );

  function ways(one) {
    const all = async (accept) => {
      const words = `${accept ? "Accept" : "Refuse"} all ${count(one.open)}?`;
      const body = h("p", { text: accept ? "They are applied as one batch; one undo takes them back." : "They stay in the record as refused; Undo lets them wait again." });
      if (await dialogs.confirm({ title: words, body, words: accept ? "Accept all" : "Refuse all", danger: !accept })) await decide(one.id, accept, {});
    };
    const branch = store.state.node;
    return h(
      "div",
      {},
      h(
        "div",
        { class: "buttons" },
        button({ words: "Accept all", symbol: "done_all" }, () => all(true)),
        button({ words: "Refuse all", symbol: "remove_done" }, () => all(false)),
        branch > 0 && button({ words: "Accept in this branch", title: "Accept what is proposed at or below the chosen feature" }, () => decide(one.id, true, { branch })),
        branch > 0 && button({ words: "Refuse in this branch" }, () => decide(one.id, false, { branch })),
      ),
      h("p", { class: "dim", text: "A accepts, R refuses, with Shift the branch below too; Up and Down move." }),
    );
  }

  async function loadItems(fresh) {
    if (!chosen) {
      shown = [];
      draw(items, []);
      more.hidden = true;
      return;
    }
    const found = await call("/api/tree/proposal_items", { proposal: chosen, first: fresh ? 0 : next, count: fresh ? Math.max(100, Math.min(500, shown.length)) : 100 });
    shown = fresh ? found.items : [...shown, ...found.items];
    next = found.next;
    more.hidden = next === null;
    draw(items, shown.map(itemLine));
    point(Math.min(at, shown.length - 1), false);
  }

  function itemLine(item, index) {
    const act = (accept) => (event) => {
      event.stopPropagation();
      decide(chosen, accept, { items: [item.item] });
    };
    return h(
      "li",
      { role: "option", id: `item-${index}`, on: { click: () => point(index, true) } },
      h(
        "div",
        { class: "item-line" },
        h("span", { class: "item-name", text: item.path.at(-1) ?? "", title: said(item.path) }),
        button({ symbol: "check", title: "Accept", key: "A", kind: "quiet" }, act(true)),
        button({ symbol: "close", title: "Refuse", key: "R", kind: "quiet" }, act(false)),
      ),
      h("div", { class: "dim item-path", text: said(item.path.slice(0, -1)), title: said(item.path) }),
      h("div", { class: "dim", text: `${item.summary}${item.reason ? ` · ${item.reason}` : ""}` }),
    );
  }

  function point(index, choose) {
    if (!shown.length) return;
    at = Math.max(0, Math.min(index, shown.length - 1));
    [...items.children].forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
    items.setAttribute("aria-activedescendant", `item-${at}`);
    items.children[at].scrollIntoView({ block: "nearest" });
    if (choose && shown[at].node) store.choose(shown[at].node);
  }

  items.addEventListener("keydown", (event) => {
    if (event.target !== items || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    const accept = { a: true, r: false }[event.key.toLowerCase()];
    if (to !== undefined) point(to, true);
    else if (accept !== undefined && shown[at]) decide(chosen, accept, { items: [shown[at].item], with_below: event.shiftKey });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // growth in place

  let watching = 0;
  async function watch() {
    clearTimeout(watching);
    let alive = false;
    try {
      const { runs } = await call("/api/runs/state");
      const grown = runs.filter((run) => run.at.length && (run.alive || run.id === started || (run === runs[0] && run.error)));
      alive = grown.some((run) => run.alive);
      growing.replaceChildren(...grown.map(growingLine));
    } catch (error) {
      growing.replaceChildren(h("p", { class: "warning", text: error.message }));
    }
    if (alive) watching = setTimeout(watch, WATCH_MS);
  }

  function growingLine(run) {
    const step = run.steps.find(({ name }) => name === "grow") ?? { done: 0, total: 0 };
    const words = run.alive ? (step.total ? `${step.done} of ${step.total} steps` : "starting") : run.error || `${run.state}, ${step.done} steps`;
    return h(
      "div",
      { class: "grow-run" },
      h("b", { text: run.at.length === 1 ? `Growing ${run.at[0].at(-1)}` : `Growing ${run.at.length} features` }),
      h("progress", { max: step.total || 1, value: step.done, aria: { label: "Growth steps" } }),
      h("span", { class: run.error ? "warning" : "dim", text: words }),
      run.alive && button({ words: "Stop", kind: "quiet" }, () => call("/api/runs/act", { run_id: run.id, action: "cancel" }).then(watch)),
    );
  }

  let started = null;
  function growHere() {
    const nodes = store.state.selected;
    const steps = h("input", { type: "number", min: "1", max: "200", value: String(Math.min(200, Math.max(4, nodes.length * 2))), autofocus: true, aria: { label: "Steps" } });
    const run = async () => {
      try {
        const answer = await call("/api/tree/grow", { nodes, steps: Number(steps.value) });
        started = answer.run_id;
        store.set({ panel: "review" });
        watch();
        return true;
      } catch (error) {
        notices.say(error.message, { tone: "bad" });
        return false;
      }
    };
    const body = h(
      "div",
      { class: "form" },
      h("p", { text: "The engine of the settings is asked to widen and deepen what lies below. What it proposes appears in place and waits for you." }),
      h("label", {}, "Steps: calls to the engine", steps),
    );
    const title = nodes.length === 1 ? "Grow here" : `Grow at ${nodes.length} features`;
    dialogs.open({ title, body, actions: [{ words: "Cancel" }, { words: "Grow", kind: "primary", run }] });
  }

  const ghost = (state) => Boolean(state.ghost);
  const onGhost = (accept, more_) => () => decide(store.state.ghost.proposal, accept, { items: [store.state.ghost.item], ...more_ });
  commands.add(
    { id: "grow", title: "Grow here…", group: "Grow", key: "Ctrl+G", symbol: "potted_plant", menu: true, enabled: (state) => state.selected.length > 0, run: growHere },
    { id: "accept-ghost", title: "Accept what is proposed here", group: "Grow", key: "Enter / A", symbol: "check", menu: true, where: () => context.features, enabled: ghost, run: onGhost(true) },
    { id: "accept-ghost-branch", title: "Accept it with all below", group: "Grow", key: "Shift+Enter / Shift+A", symbol: "done_all", menu: true, where: () => context.features, enabled: ghost, run: onGhost(true, { with_below: true }) },
    { id: "refuse-ghost", title: "Refuse what is proposed here", group: "Grow", key: "Delete / R", symbol: "close", menu: true, where: () => context.features, enabled: ghost, run: onGhost(false) },
    { id: "show-review", title: "Review proposals", group: "View", symbol: "rate_review", run: () => store.set({ panel: "review" }) },
  );
  context.ends.push(store.on(["held", "rev", "panel"], load), store.on(["node"], drawHead), store.on(["panel"], () => store.state.panel === "review" && watch()));
  context.ends.push(() => clearTimeout(watching));
  load();
  afterwards(watch);
  return { decide };
}
