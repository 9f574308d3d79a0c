"""Foreign text against a reader of Telegram's markup that was written apart from it."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from arbedge.entrypoints.telegram.html import bold, clean, cut, escape, quote, shown_length, utf16_length
from scripts.sandbox.telegram import formatting

HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from("<>&\"'/=`*_\u202e\u2066\u200b\x00\r\n 😀")), max_size=80)
WRITABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(WRITABLE)
def test_escaped_text_reads_back_as_itself(text: str):
    assert formatting.parse_html(escape(text)) == (text, [])


@given(WRITABLE)
def test_escaped_text_stays_inside_its_tag_and_attribute(text: str):
    shown, entities = formatting.parse_html(f'<a href="https://a.example/?q={escape(text)}">{escape(text)}</a>')
    assert shown == text
    if text:
        assert [entity["url"] for entity in entities] == [f"https://a.example/?q={text}"]


@given(HOSTILE)
def test_clean_text_is_visible_bounded_and_on_one_line(text: str):
    shown = clean(text)
    assert utf16_length(shown) <= 32
    assert "\n" not in shown
    assert shown == shown.strip()
    assert not [one for one in shown if unicodedata.category(one) in {"Cc", "Cf", "Cs"}]


@given(HOSTILE)
def test_quoted_text_can_be_sent(text: str):
    shown, entities = formatting.parse_html(bold("x") + quote(text))
    assert shown == "x" + clean(text)
    assert [entity["type"] for entity in entities] == ["bold"]


@given(WRITABLE, st.integers(0, 60))
def test_cut_text_fits_and_is_a_beginning(text: str, limit: int):
    shown = cut(text, limit)
    assert utf16_length(shown) <= limit
    assert text.startswith(shown.removesuffix("…"))
    assert (shown == text) == (utf16_length(text) <= limit)


@given(WRITABLE)
def test_lengths_are_telegrams(text: str):
    assert utf16_length(text) == formatting.utf16_length(text)
    assert shown_length(f"<b>{escape(text)}</b> <code>{escape(text)}</code>") == 2 * utf16_length(text) + 1


def test_names_lose_what_turns_the_writing_direction():
    assert clean("\u202egnp.exe\u2066 \u200bMira\u0000") == "gnp.exe Mira"
    assert clean("A" * 40) == "A" * 31 + "…"
    assert clean("😀" * 20) == "😀" * 15 + "…"
    assert quote("<a href=x>&") == "&lt;a href=x&gt;&amp;"
