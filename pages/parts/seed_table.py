"""Seeds in a table, one page at a time, and one seed in full."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.outline import outline
from pages.parts.pager import choose_page
from pages.parts.text import counted, plain
from synth.records import Seed
from synth.workspace import SeedGroup, Workspace

_ROWS = 12


def show_groups(groups: Sequence[SeedGroup], read: int) -> None:
    """How many seeds there are, and of which source and licence."""
    numbers, table = st.columns([1, 1], gap="medium", vertical_alignment="center")
    with numbers, st.container(horizontal=True, gap="small"):
        st.metric("Seeds", f"{sum(group.seeds for group in groups):,}", width="content")
        st.metric("Files", f"{sum(group.files for group in groups):,}", width="content")
        st.metric("Read", f"{read:,}", width="content", help="Seeds whose features were read by a run.")
    table.dataframe(
        [
            {
                "source": "standard library" if group.source == "stdlib" else "added",
                "licence": group.licence,
                "functions": group.functions,
                "classes": group.classes,
            }
            for group in groups
        ],
        hide_index=True,
        height=min(176, 38 + 35 * len(groups)),
        column_config={
            "source": st.column_config.TextColumn("Source"),
            "licence": st.column_config.TextColumn("Licence", help="SPDX id; the dataset card names each of them."),
            "functions": st.column_config.NumberColumn("Functions", format="localized"),
            "classes": st.column_config.NumberColumn("Classes", format="localized"),
        },
    )


def choose_seed(workspace: Workspace) -> Seed | None:
    """A searchable table of seeds; returns the one chosen, the first of the page where none was."""
    search = st.text_input(
        "Search", placeholder="Part of a path or name", icon=":material/search:", key="seed-search", live=True
    )
    slot = st.container()
    _, total = workspace.seeds(search, limit=0)
    offset = choose_page(total, _ROWS, "seed-page")
    seeds, _ = workspace.seeds(search, _ROWS, offset)
    if not seeds:
        slot.info("No seed matches. Search looks at paths and names.", icon=":material/search_off:")
        return None
    with slot:
        chosen = _table(seeds, workspace.features_read([seed.id for seed in seeds]))
    return seeds[chosen] if chosen < len(seeds) else seeds[0]


def _table(seeds: Sequence[Seed], read: dict[str, int]) -> int:
    event = st.dataframe(
        [
            {
                "name": seed.name,
                "unit": seed.unit,
                "path": seed.path,
                "line": seed.line,
                "lines": seed.end_line - seed.line + 1,
                "features": read.get(seed.id),
                "licence": seed.licence,
            }
            for seed in seeds
        ],
        key=f"seed-table-{seeds[0].id}",  # another page is another table, with its first row chosen
        hide_index=True,
        placeholder="",
        height=38 + 35 * _ROWS,
        on_select="rerun",
        selection_mode="single-row-required",
        column_config={
            "name": st.column_config.TextColumn("Name", width="medium"),
            "unit": st.column_config.TextColumn("Kind", width="small"),
            "path": st.column_config.TextColumn("File", width="medium"),
            "line": st.column_config.NumberColumn("Line", width="small", format="%d"),
            "lines": st.column_config.NumberColumn("Length", width="small", format="%d lines"),
            "features": st.column_config.NumberColumn(
                "Features", width="small", help="Nodes of the small tree read from it; empty where it was not read."
            ),
            "licence": st.column_config.TextColumn("Licence", width="small"),
        },
    )
    rows = event.selection.rows if event else []
    return rows[0] if rows else 0


def show_seed(workspace: Workspace, seed: Seed) -> None:
    """One seed: where it stands, its code, and the features read from it."""
    with st.container(border=True):
        st.markdown(f"### {plain(seed.name)}", anchors=False)
        st.caption(
            f"{plain(seed.path)}, lines {seed.line:,} to {seed.end_line:,} · {seed.unit} · {plain(seed.licence)}"
        )
        code, features = st.columns([3, 2], gap="medium")
        with code:
            show_code(seed)
        with features:
            st.markdown("**Features read from it**")
            extraction = workspace.extraction_of(seed.id)
            if extraction is None:
                st.caption("None yet: a run reads them. Start one on Generate.")
            elif not extraction.features:
                st.caption("The engine found none in it.")
            else:
                with st.container(height=420, border=False, key="outline-seed"):
                    st.markdown(outline(extraction.features))
                made = extraction.made
                st.caption(
                    f"{counted(len(extraction.features), 'node')}, read by {plain(made.engine)}/{plain(made.model)}"
                )


def show_code(seed: Seed, most: int = 420) -> None:
    """The code of a seed; the first line shown is the line in its file."""
    lines = seed.code.count("\n") + 1
    st.caption(f"The first line below is line {seed.line:,} of the file.")
    st.code(seed.code, language="python", height=most if lines > 20 else "content")
