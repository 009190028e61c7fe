// News of what runs and other people did, at a pace that does not get into the way of whoever works here.

const EVERY_MS = 1_000;
/** Somebody who typed, clicked or dragged so lately is in the middle of something; news waits, but never for long. */
const QUIET_MS = 250;
const MOST_MS = 3_000;
const HANDS = ["keydown", "pointerdown", "pointermove", "wheel", "input"];

/** Puts a pace before `tell`, which gets what came meanwhile as one. Returns {hear(news), end()}. */
export function calmly(root, tell) {
  let waiting = null;
  let timer = 0;
  let since = 0;
  let told = -EVERY_MS;
  let busy = -QUIET_MS;
  const touched = (event) => {
    if (event.type !== "pointermove" || event.buttons) busy = performance.now();
  };
  for (const type of HANDS) root.addEventListener(type, touched, { capture: true, passive: true });

  function look() {
    timer = 0;
    const now = performance.now();
    const due = Math.min(Math.max(told + EVERY_MS, busy + QUIET_MS), Math.max(since + MOST_MS, told + EVERY_MS));
    if (now < due) timer = setTimeout(look, due - now);
    else {
      const news = waiting;
      waiting = null;
      told = now;
      tell(news);
    }
  }
  return {
    hear(news) {
      if (!waiting) since = performance.now();
      waiting = { ...waiting, ...news };
      if (!timer) look();
    },
    end() {
      clearTimeout(timer);
      for (const type of HANDS) root.removeEventListener(type, touched, { capture: true });
    },
  };
}
