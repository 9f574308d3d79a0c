"""What all screens share: the limit of a message, whole blocks, fixed-width tables."""

from hypothesis import given
from hypothesis import strategies as st

from arbedge.entrypoints.telegram.html import escape
from arbedge.entrypoints.telegram.screens.layout import compose, table
from arbedge.ports.messenger import Screen
from tests.unit.entrypoints.telegram.builders import read

WRITABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@given(
    st.lists(st.tuples(st.integers(0, 3000), WRITABLE), max_size=8), st.sampled_from(["live", "synthetic", "replay"])
)
def test_a_screen_never_exceeds_a_message_and_keeps_whole_blocks(blocks: list[tuple[int, str]], mode: str):
    written = [f"<b>{'x' * count}{escape(text)}</b>." for count, text in blocks]
    screen = compose(mode, ["<b>Title</b>", *written], [])
    read(screen)
    assert all(
        block in {*written, "<b>Title</b>", "…"} or "MARKET MODE" in block for block in screen.text.split("\n\n")
    )


def test_what_does_not_fit_is_left_out_visibly():
    screen = compose("synthetic", ["Title", "x" * 4000, "y" * 200, "z"], [])
    assert screen.text.endswith("x\n\n…")
    assert "MARKET MODE" in screen.text


@given(st.lists(st.tuples(WRITABLE, st.from_regex(r"[0-9.+-]{0,12}", fullmatch=True)), max_size=10))
def test_tables_fit_a_phone(rows: list[tuple[str, str]]):
    read(Screen(text="Title" + table(rows)))
