"""What the workbench is compared with: a Streamlit page with nothing of ours in it.

With `?click` a button and a counter in a fragment, else a word.
"""

import streamlit as st


@st.fragment
def count_clicks() -> None:
    """A button and how often it was clicked."""
    if st.button("Click"):
        st.session_state.clicks = st.session_state.get("clicks", 0) + 1
    st.text(f"clicked {st.session_state.get('clicks', 0)}")


if "click" in st.query_params:
    count_clicks()
else:
    st.text("ready")
