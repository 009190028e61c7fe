// What was made from a feature, and what was done to it.

import { button, count, h, percent } from "./dom.js";
import { pagedList, section } from "./inspector-section.js";

/** What was generated from it. Returns {element, update(data), settle(data)}. */
export function madeSection() {
  let latest = null;
  const place = section("made", "Made from it", { opening: () => settle(latest) });
  const sums = h("dl", { class: "inspect-facts inspect-made" });
  place.body.append(sums);
  const spent = h("dd", { text: "–" });
  const paid = h("div", { class: "inspect-fact" }, h("dt", { text: "Spent" }), spent);
  const none = ({ made, apart }) =>
    made.drawn ? "Drawn, and no task was made from the draws yet." : apart ? "Tasks are told the language; no draw holds it." : "No draw has held it yet.";
  const heard = (answer) => {
    spent.textContent = moneyOf(answer.spent.money);
    paid.title = answer.spent.reason || "On these tasks and all their attempts, at the prices kept now";
  };
  const list = pagedList(place, "/api/tree/made", { rows: ({ tasks }) => tasks.map(taskRow), none, size: 6, heard });
  const settle = (data) => data?.node && list.settle(data, JSON.stringify(data.made));
  return {
    element: place.element,
    update(data) {
      if (latest?.node !== data.node) spent.textContent = "–";
      latest = data;
      list.forget(data);
      place.element.hidden = data.node === 0;
      const { made } = data;
      place.say(made.tasks ? `${count(made.tasks)} ${made.tasks === 1 ? "task" : "tasks"}, ${percent(data.pass_rate)} passed` : made.drawn ? "no task" : data.apart ? "never drawn" : "cold");
      sums.hidden = !made.drawn;
      sums.replaceChildren(...sumsOf(data).map(([words, value, title]) => h("div", { class: "inspect-fact", title }, h("dt", { text: words }), h("dd", { text: value }))), paid);
    },
    settle,
  };
}

function sumsOf({ made, pass_rate: rate }) {
  const tokens = [made.tokens_in, made.tokens_out];
  return [
    ["Draws", count(made.drawn), `Subtrees that hold it; it was an end of ${count(made.ended)}`],
    ["Tasks", count(made.tasks), "Tasks made from these draws"],
    ["Passed", made.tasks ? `${count(made.passed)} (${percent(rate)})` : "–", "Tasks whose last attempt is proven"],
    ["Kept", count(made.kept), "What an export keeps: passed, and no overlap with a benchmark"],
    ["Tokens in", count(tokens[0], true), tokens[0] === null ? "No record says how many tokens were used" : "Spent on these tasks and all their attempts"],
    ["Tokens out", count(tokens[1], true), tokens[1] === null ? "No record says how many tokens were used" : "Spent on these tasks and all their attempts"],
  ];
}

function moneyOf(money) {
  if (money === null) return "–";
  return money > 0 && money < 0.01 ? "<0.01" : money >= 100 ? count(Math.round(money)) : money.toFixed(2);
}

function taskRow({ line, level, attempts, outcome }) {
  const tone = outcome === "passed" ? "good" : outcome ? "bad" : "dim";
  return h("li", { class: "inspect-task" },
    h("span", { class: "inspect-task-line", text: line || "(no words)", title: line }),
    h("span", { class: "dim", text: level }),
    attempts > 1 ? h("span", { class: "dim", text: `${attempts} attempts`, title: "Solutions written for it, repairs included" }) : null,
    h("span", { class: `inspect-outcome ${tone}`, text: outcome?.replaceAll("_", " ") ?? "not run" }));
}

/** What was done to it. Returns {element, update(data), settle(data)}. */
export function historySection({ store, edits, dialogs }) {
  let latest = null;
  const undo = async (entry) => {
    const body = h("p", { text: `“${entry.summary}” changed ${count(entry.touched)} features, not this one alone. All of it is taken back.` });
    if (entry.touched > 1 && !(await dialogs.confirm({ title: `Undo entry ${entry.number}?`, body, words: "Undo all of it" }))) return;
    edits.undo(entry.number);
  };
  const place = section("history", "History", { closed: true, opening: () => settle(latest) });
  const list = pagedList(place, "/api/tree/node_history", {
    rows: ({ entries }) => entries.map((entry) => entryRow(entry, undo)),
    none: () => "Nothing was done to it.",
    size: 0,
  });
  const settle = (data) => data?.node && list.settle(data, store.state.rev);
  return {
    element: place.element,
    update(data) {
      latest = data;
      list.forget(data);
      place.element.hidden = data.node === 0;
    },
    settle,
  };
}

function entryRow(entry, undo) {
  const at = new Date(entry.at);
  const undone = entry.action === "do" && !entry.in_force;
  return h("li", { class: `inspect-entry ${undone ? "undone" : ""}` },
    h("div", {},
      h("div", { class: "inspect-entry-said", text: entry.summary, title: entry.summary }),
      h("div", { class: "dim", title: at.toLocaleString() },
        `${entry.number} · ${entry.actor} · ${at.toLocaleString("en", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false })}`,
        undone ? " · undone" : "", entry.touched > 1 ? ` · ${count(entry.touched)} features` : ""),
      entry.reason ? h("div", { class: "dim", text: `“${entry.reason}”` }) : null),
    entry.action === "do" && entry.in_force
      ? button({ symbol: "undo", title: `Undo entry ${entry.number}`, kind: "quiet" }, () => undo(entry))
      : null);
}
