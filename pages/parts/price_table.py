"""What models take for their tokens: a table to edit, and the replies that need not be paid again."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from pages.parts.text import counted, plain
from synth.errors import BadConfig
from synth.settings import Price
from synth.workspace import Workspace

_MODEL, _INPUT, _CACHED, _OUTPUT, _SAVES = "Model", "Input", "Cached input", "Output", "A batch saves, %"
_COLUMNS = (_MODEL, _INPUT, _CACHED, _OUTPUT, _SAVES)


def price_table(workspace: Workspace) -> None:
    """Own prices to edit, the shipped ones to read."""
    accounts = workspace.accounts
    st.caption(
        f"In {accounts.currency} for a million tokens. A price counts for the model of that name and for its dated "
        "versions. Empty cached input costs as other input. A model without a price has an unknown cost, not none."
    )
    rows = accounts.prices()
    own = [_row(one.model, one.price) for one in rows if one.own]
    version = st.session_state.setdefault("prices-version", 0)
    changed = st.data_editor(
        own or [dict.fromkeys(_COLUMNS)],
        num_rows="dynamic",
        hide_index=True,
        key=f"prices-{version}",
        column_config={
            _MODEL: st.column_config.TextColumn(_MODEL, max_chars=200, help="As the endpoint knows it."),
            **{name: _number(name) for name in (_INPUT, _CACHED, _OUTPUT)},
            _SAVES: st.column_config.NumberColumn(_SAVES, min_value=0, max_value=100, default=50, format="%g"),
        },
    )
    if st.button("Keep these prices", icon=":material/check:", key="keep-prices"):
        accounts.keep_prices(own_prices(list(changed)))
        st.session_state["prices-version"] = version + 1
        st.session_state["prices-kept"] = True
        st.rerun()
    if st.session_state.pop("prices-kept", False):
        st.success("New runs and estimates use these prices.", icon=":material/check_circle:")
    with st.expander("Shipped prices", icon=":material/sell:"):
        shipped = [one for one in rows if not one.own]
        st.dataframe(
            [_row(one.model, one.price) | {"From": one.vendor, "As of": one.as_of} for one in shipped], hide_index=True
        )
        sources = dict.fromkeys((one.vendor, one.source) for one in shipped)
        links = " · ".join(f"[{plain(vendor)}]({source})" for vendor, source in sources)
        st.caption(f"Prices change: check them before you rely on them. {links}")


def kept_replies(workspace: Workspace) -> None:
    """How many replies the workspace has, and a button that forgets them."""
    kept = workspace.accounts.replies()
    st.caption(
        f"{counted(kept.replies, 'reply', 'replies')} kept, {kept.size / 2**20:,.1f} MiB. A question that was asked "
        "before is answered from them, for nothing."
    )
    if kept.replies and st.button("Forget the replies", icon=":material/delete:", key="forget-replies"):
        forget(workspace, kept.replies)


@st.dialog("Forget the replies?")
def forget(workspace: Workspace, number: int) -> None:
    """Ask first: they were paid for."""
    st.write(f"{counted(number, 'reply', 'replies')} will have to be paid again when they are needed. Records stay.")
    if st.button("Forget them", type="primary", key="forget-replies-really"):
        workspace.accounts.forget_replies()
        st.rerun()


def own_prices(rows: list[Mapping[str, Any]]) -> dict[str, Price]:
    """The prices that the table's rows say; empty rows are left out. Raises `BadConfig` that names the row."""
    prices: dict[str, Price] = {}
    for row in rows:
        model = str(row.get(_MODEL) or "").strip()
        values = {name: row.get(name) for name in _COLUMNS[1:]}
        if not model and all(values[name] is None for name in (_INPUT, _CACHED, _OUTPUT)):
            continue
        if not model or not model.isprintable():
            raise BadConfig("Prices: a row has numbers and no name of a model. Give the name, or empty the row.")
        if model in prices:
            raise BadConfig(f"Prices: `{model}` is there twice. Take one row out.")
        if values[_INPUT] is None or values[_OUTPUT] is None:
            raise BadConfig(f"Prices: `{model}` needs a price of its input and one of its output; 0 where it is free.")
        saves = 50.0 if values[_SAVES] is None else float(values[_SAVES])
        try:
            prices[model] = Price(
                input=values[_INPUT], output=values[_OUTPUT], cached_input=values[_CACHED], batch_discount=saves / 100
            )
        except ValidationError as error:
            problem = error.errors()[0]
            raise BadConfig(f"Prices: `{model}`: {problem['loc'][0]}: {problem['msg']}.") from error
    return prices


def _row(model: str, price: Price) -> dict[str, Any]:
    numbers = (price.input, price.cached_input, price.output, price.batch_discount * 100)
    return dict(zip(_COLUMNS, (model, *numbers), strict=True))


def _number(name: str) -> Any:  # noqa: ANN401  Streamlit says no type for what it makes
    return st.column_config.NumberColumn(name, min_value=0.0, format="%g")
