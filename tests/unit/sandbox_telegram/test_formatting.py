"""The HTML reader: what it refuses and how, and that offsets always count UTF-16 units."""

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.sandbox.telegram.errors import ApiError
from scripts.sandbox.telegram.formatting import detect_entities, parse_html, tidy, utf16_length

PIECES = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=12)
NESTABLE = ("b", "i", "u", "s", "tg-spoiler")


@st.composite
def documents(draw: st.DrawFn, depth: int = 3) -> tuple[str, str, int]:
    """A balanced document: its source, its plain text, and how many tags have something inside."""
    source = plain = ""
    tags = 0
    for _ in range(draw(st.integers(0, 3))):
        text = draw(PIECES)
        source += html.escape(text, quote=False)
        plain += text
        if depth and draw(st.booleans()):
            tag = draw(st.sampled_from(NESTABLE))
            inner_source, inner_plain, inner_tags = draw(documents(depth=depth - 1))
            source += f"<{tag}>{inner_source}</{tag}>"
            plain += inner_plain
            tags += inner_tags + bool(inner_plain)
    return source, plain, tags


@given(documents())
def test_a_balanced_document_gives_its_text_and_one_entity_a_tag(document: tuple[str, str, int]) -> None:
    source, plain, tags = document
    text, entities = parse_html(source)
    assert text == plain
    assert len(entities) == tags
    assert all(e["offset"] >= 0 and e["offset"] + e["length"] <= utf16_length(text) for e in entities)


@given(documents().filter(lambda d: "</" in d[0]))
def test_a_document_without_its_last_end_tag_is_refused(document: tuple[str, str, int]) -> None:
    source = document[0]
    cut = source.rindex("</")
    end = source.index(">", cut)
    with pytest.raises(ApiError, match="can't parse entities"):
        parse_html(source[:cut] + source[end + 1 :])


@given(PIECES)
def test_an_escaped_text_comes_back_as_it_was(text: str) -> None:
    assert parse_html(html.escape(text)) in ((text, []), (text.replace("'", "&#x27;"), []))


@given(st.text(alphabet="<>/&;=\"' #xab\n😀", max_size=40))
def test_whatever_is_sent_the_answer_is_a_text_or_a_refusal(source: str) -> None:
    refusal: ApiError | None = None
    text, entities = "", []
    try:
        text, entities = parse_html(source)
    except ApiError as error:
        refusal = error
    assert all(e["offset"] + e["length"] <= utf16_length(text) for e in entities)
    assert refusal is None or refusal.description.startswith("Bad Request: can't parse entities: ")


@given(documents(), st.sampled_from(["", " ", "\n\n "]), st.sampled_from(["", "\n", "  "]))
def test_trimming_keeps_every_entity_on_its_words(document: tuple[str, str, int], before: str, after: str) -> None:
    text, entities = parse_html(before + document[0] + after)
    trimmed, moved = tidy(text, entities)
    assert trimmed == trimmed.strip()
    units = trimmed.encode("utf-16-le")
    for entity in moved:
        shown = units[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2].decode("utf-16-le")
        assert shown
        assert utf16_length(shown) == entity["length"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("a<br>b", 'Unsupported start tag "br" at byte offset 1'),
        ("😀<p>x</p>", 'Unsupported start tag "p" at byte offset 4'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("a <", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x>y</a>', "Unclosed start tag at byte offset 0"),
        ("<a href=x_y>z</a>", "Unexpected end of name token at byte offset 8"),
        ("<b</b>", 'Unsupported start tag "b</b" at byte offset 0'),
        ('<tg-time unix="soon">x</tg-time>', "Invalid Unix time specified at byte offset 0"),
        ('<tg-time unix="1795300600" format="z">x</tg-time>', "Invalid date-time format specified at byte offset 0"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "Block quotes can't be nested at byte offset 13"),
    ],
)
def test_refusals_name_the_reason_and_the_byte(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_html(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(
    ("source", "text", "entity"),
    [
        ("<strong>x</strong>", "x", {"type": "bold"}),
        ("<ins>x</ins>", "x", {"type": "underline"}),
        ("<del>x</del>", "x", {"type": "strikethrough"}),
        ('<span class="tg-spoiler">x</span>', "x", {"type": "spoiler"}),
        (
            '<a href="https://example.org/?a=1&amp;b=2">x</a>',
            "x",
            {"type": "text_link", "url": "https://example.org/?a=1&b=2"},
        ),
        ("<pre>x</pre>", "x", {"type": "pre"}),
        ('<pre><code class="language-python">x</code></pre>', "x", {"type": "pre", "language": "python"}),
        ("<blockquote expandable>x</blockquote>", "x", {"type": "expandable_blockquote"}),
        (
            '<tg-emoji emoji-id="5368324170671202286">x</tg-emoji>',
            "x",
            {"type": "custom_emoji", "custom_emoji_id": "5368324170671202286"},
        ),
        (
            '<tg-time unix="1795300600" format="r">x</tg-time>',
            "x",
            {"type": "date_time", "unix_time": 1795300600, "date_time_format": "r"},
        ),
        (
            '<tg-time unix="1795300600" format="wDT">x</tg-time>',
            "x",
            {"type": "date_time", "unix_time": 1795300600, "date_time_format": "wDT"},
        ),
        ("<B>x</B>", "x", {"type": "bold"}),
        ("<b>x</>", "x", {"type": "bold"}),
    ],
)
def test_every_tag_becomes_its_entity(source: str, text: str, entity: dict[str, Any]) -> None:
    assert parse_html(source) == (text, [{"offset": 0, "length": 1, **entity}])


def test_offsets_count_utf16_units() -> None:
    assert parse_html("😀<b>é</b>")[1] == [{"type": "bold", "offset": 2, "length": 1}]


def test_numeric_references_are_decoded_and_unknown_names_stay() -> None:
    assert parse_html("&#8364; &#x1F600; &nbsp; &lt;")[0] == "€ 😀 &nbsp; <"


def test_commands_links_and_mentions_are_found_but_not_inside_code() -> None:
    text = "/start@ArbEdgeBot ref see https://example.org/a?b=1, @mira_trades and 1/2"
    assert [(e["type"], e["offset"], e["length"]) for e in detect_entities(text)] == [
        ("bot_command", 0, 17),
        ("url", 26, 25),
        ("mention", 53, 12),
    ]
    assert detect_entities("/start", [{"type": "code", "offset": 0, "length": 6}]) == [
        {"type": "code", "offset": 0, "length": 6}
    ]


def test_a_hundred_entities_are_kept() -> None:
    text, entities = parse_html("<b>x</b> " * 130)
    assert len(tidy(text, entities)[1]) == 100
