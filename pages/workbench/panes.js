// Which panes there are. A pane is a function (context, element) -> what other panes may ask of it.

import { inspectorPane } from "./inspector.js";
import { searchPane } from "./search.js";
import { bulkEdits } from "./bulk.js";
import { reviewPanel } from "./review.js";
import { historyPanel } from "./past.js";
import { tidyPanel } from "./tidy.js";
import { samplePanel } from "./lab.js";
import { exports } from "./export.js";
import { mapPane } from "./map.js";
import { outlinePane } from "./outline.js";

/** Panes with a place of their own. */
export const PANES = {};

/** Panels that take turns at the right: {name, title, symbol, key, pane}. */
export const PANELS = [];
PANES.search = searchPane;
PANELS.unshift({ name: "inspect", title: "Inspect", symbol: "info", pane: inspectorPane });
PANES.outline = outlinePane;
PANES.map = mapPane;
PANES.exports = exports;
PANES.bulk = bulkEdits;
PANELS.push({ name: "sample", title: "Sample", symbol: "tune", pane: samplePanel });
PANELS.push({ name: "review", title: "Review", symbol: "rate_review", pane: reviewPanel });
PANELS.push({ name: "history", title: "History", symbol: "history", pane: historyPanel });
PANELS.push({ name: "tidy", title: "Tidy", symbol: "rule", pane: tidyPanel });
