"""The workbench as a component: the page only places it, everything else goes between browser and server."""

import streamlit as st

from pages.parts.shell import ASSETS, workspace_folder
from synth.api import ASSETS_AT, key_of, version_of

# The browser loads the modules from the server, where it keeps them; what is sent with the page stays this small.
_BEGIN = """
const built = new WeakMap();
export default function (component) {
  const { parentElement, data } = component;
  const known = built.get(parentElement);
  if (known) {
    known.then((workbench) => workbench && workbench.retheme());
    return () => {};
  }
  const at = (name) => `${location.origin}${data.assets}/${name}`;
  for (const name of data.modules) {
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.href = at(name);
    document.head.append(link);
  }
  let gone = false;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  const styled = new Promise((done) => { style.onload = style.onerror = done; });
  style.href = at("style.css");
  parentElement.append(style);
  const making = Promise.all([import(at("main.js")), styled]).then(([module]) =>
    gone ? null : module.mount(parentElement, data));
  built.set(parentElement, making);
  return () => {
    gone = true;
    built.delete(parentElement);
    style.remove();
    making.then((workbench) => workbench && workbench.unmount());
  };
}
"""

_component = st.components.v2.component("espalier_workbench", html="<div></div>", js=_BEGIN)


def show_workbench(title: str, panel: str = "inspect") -> None:
    """The workbench on the open workspace, over the whole width, with one of its panels open at first."""
    _component(
        key=f"workbench-{panel}",  # another page is another component: it begins anew
        data={
            "assets": f"{ASSETS_AT}/{version_of(ASSETS)}",
            "modules": sorted(path.name for path in ASSETS.glob("*.js")),
            "workspace": key_of(workspace_folder()),
            "title": title,
            "panel": panel,
        },
    )
