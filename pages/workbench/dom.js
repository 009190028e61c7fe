// Elements made by hand: names come from models, so text is only ever set as text.

/** An element. `props`: class, text, title, on (listeners), data, aria, style and plain attributes. */
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name === "on") for (const [event, heard] of Object.entries(value)) made.addEventListener(event, heard);
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "aria") for (const [key, said] of Object.entries(value)) made.setAttribute(`aria-${key}`, said);
    else if (name === "style") Object.assign(made.style, value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** An icon of the app's icon font. */
export function icon(name, props = {}) {
  return h("span", { ...props, class: `icon ${props.class ?? ""}`, text: name, aria: { hidden: "true" } });
}

/** A button with an icon, words, or both. `title` is its name where it has no words. */
export function button(props, run) {
  const { words, symbol, title, kind = "", key, ...more } = props;
  const said = [title ?? words, key && `(${key})`].filter(Boolean).join(" ");
  return h(
    "button",
    { type: "button", class: `button ${kind}`, title: said, aria: { label: title ?? words }, ...more, on: { click: run } },
    symbol && icon(symbol),
    words && h("span", { text: words }),
  );
}

/** What `select` shows: [value, words] pairs. */
export function select(props, pairs, value, choose) {
  const made = h("select", { class: "select", ...props, on: { change: () => choose(made.value) } });
  made.append(...pairs.map(([key, words]) => h("option", { value: String(key), text: words })));
  made.value = String(value);
  return made;
}

// made once: making one takes longer than all that is written with it on a screen
const WHOLE = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A number as people read it: 1,795,310 or, where short, 1.8M. */
export function count(value, short = false) {
  if (value === null || value === undefined) return "–";
  if (!short || Math.abs(value) < 10_000) {
    return Number.isInteger(value) ? WHOLE.format(value) : String(Number(value.toPrecision(4)));
  }
  return COMPACT.format(value);
}

/** A share between 0 and 1 as a percentage that never says 0 for something. */
export function percent(share) {
  if (share === null || share === undefined) return "–";
  if (share > 0 && share < 0.0001) return "<0.01%";
  return `${Number((share * 100).toPrecision(share < 0.01 ? 2 : 3))}%`;
}

/** A path of names on one line. */
export const said = (path) => path.join(" › ");

/** Calls `run` once the calls have stopped for `wait` ms. */
export function debounce(run, wait) {
  let timer = 0;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), wait);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

/** Runs once the first picture is there. */
export const afterwards = (run) => requestAnimationFrame(() => setTimeout(run, 60));

/** Runs the newest of many calls, one at a time: while one is under way, only the last waits. */
export function newest(run) {
  let busy = false;
  let waiting = null;
  const go = async (...args) => {
    if (busy) {
      waiting = args;
      return;
    }
    busy = true;
    try {
      await run(...args);
    } finally {
      busy = false;
      if (waiting) {
        const next = waiting;
        waiting = null;
        go(...next);
      }
    }
  };
  return go;
}
