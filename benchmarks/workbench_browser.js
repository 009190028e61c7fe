// Measures inside the page: from a real input event until what it asks for is in the document, and one frame more.
// Runs before everything else in a page; `window.measure` is what the benchmark calls.
(() => {
  const shadows = [];
  let waiting = null;

  /** Looks whether what is waited for is there: after every change of the document. */
  function look() {
    if (!waiting || waiting.began === null || waiting.seen !== null || !waiting.holds()) return;
    const { began, resolve } = waiting;
    waiting.seen = performance.now();
    requestAnimationFrame(() => resolve({ ms: performance.now() - began, began, name: waiting.name }));
  }
  const watch = (root) =>
    new MutationObserver(look).observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  watch(document);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (...how) {
    const made = attach.apply(this, how);
    shadows.push(made);
    watch(made);
    return made;
  };
  for (const type of ["keydown", "pointerdown", "dblclick"]) {
    const heard = (event) => {
      if (event.isTrusted && waiting && waiting.began === null && waiting.type === type) waiting.began = event.timeStamp;
    };
    window.addEventListener(type, heard, true);
  }

  const bench = () => shadows.find((root) => root.querySelector(".workbench"));
  const one = (selector) => bench()?.querySelector(selector) ?? null;
  const all = (selector) => [...(bench()?.querySelectorAll(selector) ?? [])];
  const rows = () => all(".o-row").filter((row) => !row.hidden).sort((a, b) => a.index - b.index);
  const labelled = (shown) => shown.length > 0 && shown.every((row) => row.row && row.parts.name.textContent);
  const stage = () => one(".map-stage");
  const heat = () => one('[aria-label="Temperature as a number"]')?.value;

  /** What is waited for. Each is called once when it is armed and gives what is then asked again and again. */
  const CONDITIONS = {
    expanded: ({ id }) => () => {
      const shown = rows();
      const at = shown.findIndex((row) => row.dataset.node === String(id));
      const [row, next] = [shown[at], shown[at + 1]];
      return labelled(shown) && row?.ariaExpanded === "true" && Number(next?.ariaLevel) === Number(row.ariaLevel) + 1;
    },
    drilled: () => {
      const before = stage().dataset.top;
      return () => stage().dataset.top !== before;
    },
    jumped: () => {
      const before = rows()[0].index;
      return () => {
        const shown = rows();
        return Math.abs((shown[0]?.index ?? before) - before) > 100 && shown.length > 10 && labelled(shown);
      };
    },
    renamed: ({ id, name }) => {
      const before = Number(one(".workbench").dataset.rev ?? 0);
      const row = () => one(`.o-row[data-node="${id}"]`);
      return () => Number(one(".workbench").dataset.rev) > before && row()?.parts.name.textContent === name && one(".o-field").hidden;
    },
    ticked: () => {
      const before = heat();
      return () => {
        const now = heat();
        if (now === before || stage().dataset.temperature !== now) return false;
        return one(".lab-at").textContent === `chance at temperature ${now}`;
      };
    },
    found: ({ query }) => () => {
      const list = one(".search-hits");
      return list.dataset.query === query && list.children.length > 0 && !one(".search-box").hidden;
    },
    inspected: () => {
      const before = one(".o-row.focus").dataset.node;
      return () => {
        const now = one(".o-row.focus")?.dataset.node;
        return now && now !== before && one(".panel-inspect").dataset.node === now;
      };
    },
    opened: () => () => labelled(rows()) && Number(stage()?.dataset.blocks) > 0,
    clicked: ({ text }) => () => document.querySelector("[data-testid=stText]")?.textContent === text,
    ready: () => () => document.querySelector("[data-testid=stText]")?.textContent === "ready",
  };

  function arm(type, name, more = {}) {
    waiting = { type, name, began: null, seen: null, holds: CONDITIONS[name](more) };
    waiting.done = new Promise((resolve) => (waiting.resolve = resolve));
  }
  window.measure = {
    arm,
    done: () => waiting.done,
    /** A closed row in the upper half of the outline, at random, to be opened. */
    closed: (chance) => {
      const shown = rows();
      const upper = shown.slice(0, Math.ceil(shown.length / 2)).filter((row) => row.ariaExpanded === "false");
      const row = upper[Math.floor(chance * upper.length)];
      return row ? Number(row.dataset.node) : null;
    },
    box: (id) => {
      const { x, y, width, height } = one(`.o-row[data-node="${id}"]`).getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    },
    collapsed: () => labelled(rows()) && rows().every((row) => row.ariaExpanded !== "true"),
    focused: () => Number(one(".o-row.focus")?.dataset.node ?? 0),
    top: () => stage().dataset.top,
    scrollbar: () => {
      const scroller = one(".o-scroller");
      const { right, top, height } = scroller.getBoundingClientRect();
      return { x: right - (scroller.offsetWidth - scroller.clientWidth) / 2, y: top, height, width: scroller.offsetWidth - scroller.clientWidth };
    },
    total: () => one(".o-total").textContent,
  };
  // the first paint has no event: it is waited for from the beginning, where time is 0
  if (location.pathname.endsWith("/tree")) arm("", "opened");
  else if (location.protocol.startsWith("http")) arm("", location.search.includes("click") ? "clicked" : "ready", { text: "clicked 0" });
  if (waiting) waiting.began = 0;
})();
