// Words of the sampling lab.

import { button, count } from "./dom.js";

/** A button that goes by the words on it; its title says more. */
export const worded = (props, run) => button({ ...props, aria: { label: props.words } }, run);

/** A mean number of things: whole where it is large. */
export const approximately = (value) => count(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
