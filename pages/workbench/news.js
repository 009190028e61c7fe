// News of what others did: of people at once, of runs at a pace that does not get into the way of whoever works here.

const EVERY_MS = 1_000;
/** Somebody who typed, clicked or dragged so lately is in the middle of something; news waits, but never for long. */
const QUIET_MS = 250;
const MOST_MS = 3_000;
const HANDS = ["keydown", "pointerdown", "pointermove", "wheel", "input"];

/** Puts a pace before `tell`, which gets what came meanwhile as one, but what is `urgent`. Returns {hear(news), end()}. */
export function calmly(root, urgent, tell) {
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
    clearTimeout(timer);
    timer = 0;
    const now = performance.now();
    const due = urgent(waiting) ? now : Math.max(told + EVERY_MS, Math.min(busy + QUIET_MS, since + MOST_MS));
    if (now < due) {
      timer = setTimeout(look, due - now);
      return;
    }
    const news = waiting;
    waiting = null;
    told = now;
    tell(news);
  }
  return {
    hear(news) {
      if (!waiting) since = performance.now();
      waiting = { ...waiting, ...news };
      look();
    },
    end() {
      clearTimeout(timer);
      for (const type of HANDS) root.removeEventListener(type, touched, { capture: true });
    },
  };
}
