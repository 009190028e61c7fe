// What a page looks like to somebody, found in its elements: asked by the tests of the workbench's looks.

/** All elements below a root, those inside shadow roots too. */
const all = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 0;
const bench = () => all(document).find((one) => one.matches(".workbench"));
const inside = () => all(bench()).filter(shown);
const begin = (one) => one.outerHTML.slice(0, 120);

/** By how many pixels the content of the panels is wider than they are. */
const panelOverflow = () =>
  Math.max(...inside().filter((one) => one.matches(".panel")).map((one) => one.scrollWidth - one.clientWidth));

/** What can be used and has no name. */
function nameless() {
  const usable = "button, a[href], input, select, textarea, [tabindex='0'], [role=option]";
  const labelled = (one) => [...(one.labels ?? [])].some((label) => label.textContent.trim());
  const own = (one) => one.getAttribute("aria-label") || one.getAttribute("title") || one.textContent.trim();
  return inside().filter((one) => one.matches(usable) && !own(one) && !labelled(one)).map(begin);
}

/** What stands outside of the role that must hold its own. */
function misplaced() {
  const homes = { treeitem: "[role=tree]", option: "[role=listbox]", tab: "[role=tablist]", menuitem: "[role=menu]" };
  return inside().filter((one) => homes[one.getAttribute("role")] && !one.closest(homes[one.getAttribute("role")])).map(begin);
}

/** Ids that more than one element has. */
function sharedIds() {
  const ids = all(bench()).map((one) => one.id).filter(Boolean);
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}

/** A colour as any style writes it: red, green and blue up to 255, opacity up to 1. */
function rgba(colour) {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  paint.fillStyle = colour;
  paint.fillRect(0, 0, 1, 1);
  const [red, green, blue, opacity] = paint.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, opacity / 255];
}

const over = (top, below) => top.slice(0, 3).map((part, at) => part * top[3] + below[at] * (1 - top[3]));

/** The colour behind an element's text. */
function behind(one) {
  const layers = [];
  for (let at = one; at; at = at.parentElement ?? at.getRootNode().host) {
    layers.unshift(rgba(getComputedStyle(at).backgroundColor));
    if (layers[0][3] === 1) break;
  }
  return layers.reduce((below, top) => over(top, below), [255, 255, 255]);
}

/** Relative luminance as WCAG 2 defines it. */
function luminance(colour) {
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const [red, green, blue] = colour.map((part) => linear(part / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const paper = () => luminance(behind(bench()));

function contrast(one) {
  const below = behind(one);
  const [a, b] = [over(rgba(getComputedStyle(one).color), below), below].map(luminance);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Texts whose contrast is below AA's 4.5; what cannot be used now, and icons, need less. */
function faint() {
  const written = (one) => [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim());
  return inside()
    .filter((one) => written(one) && !one.closest(":disabled, .icon, option"))
    .filter((one) => contrast(one) < 4.5)
    .map((one) => `${contrast(one).toFixed(2)} ${one.className} ${one.textContent.slice(0, 30)}`);
}

/** Where the keyboard is, whether that can be seen, and on what. */
function focused() {
  const places = ".place-search, .place-tools, .splitter, .pane-outline, .pane-map, .tabs, .pane-side";
  let one = document.activeElement;
  while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  const look = getComputedStyle(one);
  const ring = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1;
  return { place: one.closest(places)?.className ?? "outside", seen: ring || look.boxShadow !== "none", element: begin(one) };
}
