"""Commands by their entity, and nothing else."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.entrypoints.telegram.command import Command, parse_command, parse_deep_link
from arbedge.entrypoints.telegram.wire import Message
from tests.unit.entrypoints.telegram.builders import message


def read(text: str, *entities: tuple[str, int, int], **changes) -> Command | None:
    marked = [{"type": kind, "offset": offset, "length": length} for kind, offset, length in entities]
    return parse_command(msgspec.convert(message(text, entities=marked, **changes), Message))


@pytest.mark.parametrize(
    ("text", "length", "command"),
    [
        ("/start", 6, Command("start", None, "")),
        ("/START", 6, Command("start", None, "")),
        ("/opportunities@ArbEdgeBot btc", 25, Command("opportunities", "arbedgebot", "btc")),
        ("/why  BTC/USDT \nnow", 4, Command("why", None, "BTC/USDT \nnow")),
        ("/why /start", 4, Command("why", None, "/start")),
        ("/why 😀 BTC", 4, Command("why", None, "😀 BTC")),
    ],
)
def test_a_command_is_what_its_entity_marks(text: str, length: int, command: Command):
    assert read(text, ("bot_command", 0, length)) == command


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("/start", []),
        ("/start", [("bold", 0, 6)]),
        ("say /start", [("bot_command", 4, 6)]),
        ("/start", [("bot_command", 0, 0)]),
        ("/start", [("bot_command", 0, -3)]),
        ("/start now", [("bot_command", 0, 10)]),
        ("/", [("bot_command", 0, 1)]),
        ("😀start", [("bot_command", 0, 7)]),
        ("/stärt", [("bot_command", 0, 6)]),
    ],
)
def test_text_that_is_not_marked_as_a_command_is_none(text: str, entities: list[tuple[str, int, int]]):
    assert read(text, *entities) is None


def test_the_second_command_of_a_text_is_text():
    assert read("/why x /start", ("bot_command", 0, 4), ("bot_command", 7, 6)) == Command("why", None, "x /start")


@pytest.mark.parametrize("mark", [{"forward_origin": {"type": "user"}}, {"forward_date": 1}])
def test_forwarded_words_are_never_commands(mark: dict[str, object]):
    assert read("/start", ("bot_command", 0, 6), **mark) is None


def test_captions_are_never_commands():
    assert parse_command(msgspec.convert(message(text=None, caption="/start"), Message)) is None


@given(st.text(max_size=60), st.integers(-5, 80))
def test_no_text_and_no_length_breaks_it(text: str, length: int):
    parsed = read(text, ("bot_command", 0, length))
    assert parsed is None or text.lower().startswith(f"/{parsed.name}")


@pytest.mark.parametrize(
    ("argument", "payload"),
    [
        ("ref_K7Q2MX", "ref_K7Q2MX"),
        ("inv_" + "Ab9_-" * 12, "inv_" + "Ab9_-" * 12),
        ("a" * 65, None),
        ("../..%00<script>alert(1)</script>&ref='--", None),
        ("", None),
        ("two words", None),
    ],
)
def test_a_deep_link_carries_only_what_telegram_allows(argument: str, payload: str | None):
    assert parse_deep_link(argument) == payload
