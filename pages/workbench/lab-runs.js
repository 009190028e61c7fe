// A run, watched: how far it is, and pause, resume, cancel.

import { call } from "./api.js";
import { button, count, h } from "./dom.js";
import { worded } from "./lab-words.js";

const STEPS = { demonstration: "building the demonstration", extract: "reading features", grow: "growing the tree", samples: "making and proving tasks", answer: "answering instructions" };
const STATES = { new: "getting ready", interrupted: "interrupted: its worker ended without a word" };

/** Returns {element, watch(run), end()}. `ended(run)` is called once when a watched run is no longer alive. */
export function runWatch({ ended = () => {} } = {}) {
  let timer = 0;
  let known = null;
  let problem = "";
  const name = h("b");
  const state = h("span", { class: "dim", role: "status" });
  const bar = h("progress", { max: "1", value: "0" });
  const words = h("p", { class: "dim lab-run-words" });
  const act = (action) => async () => {
    try {
      problem = "";
      show((await call("/api/runs/act", { run_id: known.id, action })).runs[0]);
      again(150);
    } catch (error) {
      problem = error.message;
      show(known);
    }
  };
  const pause = worded({ words: "Pause", symbol: "pause", title: "Nothing new begins; what is in flight ends" }, act("pause"));
  const resume = button({ words: "Resume", symbol: "play_arrow" }, act("resume"));
  const cancel = worded({ words: "Cancel", symbol: "stop", title: "What is in flight ends, everything finished is kept" }, act("cancel"));
  const element = h("div", { class: "lab-run", hidden: true }, h("div", { class: "lab-line" }, name, state), bar, words, h("div", { class: "lab-line" }, pause, resume, cancel));

  function show(run) {
    const wasAlive = known?.id === run.id && living(known);
    known = run;
    element.hidden = false;
    name.textContent = run.name;
    state.textContent = STATES[run.state] ?? run.state;
    const step = run.steps.find(({ done, total }) => done < total) ?? run.steps.at(-1);
    bar.value = step ? (step.total ? step.done / step.total : 1) : 0;
    const dropped = step?.dropped ? `, ${count(step.dropped)} dropped` : "";
    const said = step ? `${STEPS[step.name] ?? step.name}: ${count(step.done)} of ${count(step.total)}${dropped}` : living(run) ? "getting ready" : "";
    words.textContent = problem || run.error || said;
    words.classList.toggle("lab-wrong", Boolean(problem || run.error));
    pause.hidden = run.state !== "running";
    resume.hidden = run.state !== "paused" && !run.resumable;
    cancel.hidden = !run.alive;
    if (wasAlive && !living(run)) ended(run);
  }

  async function look() {
    try {
      problem = "";
      const { runs } = await call("/api/runs/state", { run_id: known.id });
      show(runs[0]);
    } catch (error) {
      problem = error.message;
      show(known);
    }
    if (living(known)) again();
  }

  function again(wait = 600) {
    clearTimeout(timer);
    timer = setTimeout(look, wait);
  }

  return {
    element,
    watch(run) {
      show(run);
      if (living(run)) again(200);
    },
    end: () => clearTimeout(timer),
  };
}

/** Whether a run may still go on by itself: one that has just been made has no worker yet. */
const living = (run) => run.alive || run.state === "new";
