"""Reads Telegram's HTML parse mode the way its server does: the same tags, the same refusals with byte offsets,
and entities whose offsets count UTF-16 code units."""

import re
from dataclasses import dataclass, field
from typing import Any

from scripts.sandbox.telegram.errors import bad_request

Entity = dict[str, Any]

_ENTITY_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
_TIME_FORMAT = re.compile(r"r|w?[dD]?[tT]?")
_NAMED_ENTITIES = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
_REFERENCE = re.compile(rb"&(?:#(\d{1,8})|#[xX]([0-9a-fA-F]{1,8})|(lt|gt|amp|quot));?")
_SPACES = b" \t\r\n\0\x0b"
ENTITIES_MAX = 100
"""Telegram keeps the first hundred entities of a message and ignores the rest."""


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Gives the plain text and its entities; raises the 400 that Telegram answers for text it cannot read."""
    return _HtmlReader(source.encode("utf-8", "surrogatepass")).read()


def tidy(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cleans control characters and trims white space at both ends as the server does, moving the entities along."""
    clean = "".join(" " if c < " " and c != "\n" else c for c in text.replace("\r\n", "\n"))
    body = clean.rstrip()
    start = utf16_length(body) - utf16_length(body.lstrip())
    body = body.lstrip()
    length = utf16_length(body)
    kept: list[Entity] = []
    for entity in entities:
        begin = max(0, entity["offset"] - start)
        end = min(length, entity["offset"] + entity["length"] - start)
        if end > begin:
            kept.append({**entity, "offset": begin, "length": end - begin})
    kept.sort(key=lambda e: (e["offset"], -e["length"]))
    return body, kept[:ENTITIES_MAX]


@dataclass
class _OpenTag:
    name: str
    offset: int
    attributes: dict[str, str] = field(default_factory=dict)


def _cannot_parse(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")


class _HtmlReader:
    """One pass over the bytes of the source; `at` is the read position, as the refusals name byte offsets."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.at = 0
        self.text: list[str] = []
        self.offset = 0
        self.open: list[_OpenTag] = []
        self.entities: list[Entity] = []

    def read(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            if self.source[self.at : self.at + 1] == b"<":
                if self.source[self.at + 1 : self.at + 2] == b"/":
                    self._end_tag()
                else:
                    self._start_tag()
            else:
                self._plain()
        if self.open:
            raise _cannot_parse(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        self.entities.sort(key=lambda e: (e["offset"], -e["length"]))
        return "".join(self.text), self.entities

    def _emit(self, piece: str) -> None:
        self.text.append(piece)
        self.offset += utf16_length(piece)

    def _reference(self) -> str | None:
        """Decodes the character reference at `at`, or gives None when the ampersand stands for itself."""
        match = _REFERENCE.match(self.source, self.at)
        if match is None:
            return None
        decimal, hexadecimal, name = match.groups()
        code = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        if not name and not (0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF):
            return None
        self.at = match.end()
        return _NAMED_ENTITIES[name] if name else chr(code)

    def _plain(self) -> None:
        if self.source[self.at : self.at + 1] == b"&":
            decoded = self._reference()
            if decoded is None:
                self.at += 1
            self._emit("&" if decoded is None else decoded)
            return
        end = re.compile(rb"[<&]").search(self.source, self.at)
        stop = end.start() if end else len(self.source)
        self._emit(self.source[self.at : stop].decode("utf-8", "surrogatepass"))
        self.at = stop

    def _skip(self, wanted: bytes) -> bytes:
        """Reads bytes up to the first of `wanted` or the end of the source."""
        begin = self.at
        while self.at < len(self.source) and self.source[self.at] not in wanted:
            self.at += 1
        return self.source[begin : self.at]

    def _spaces(self) -> None:
        while self.at < len(self.source) and self.source[self.at] in _SPACES:
            self.at += 1

    def _peek(self) -> bytes:
        return self.source[self.at : self.at + 1]

    def _start_tag(self) -> None:
        begin = self.at
        self.at += 1
        name = self._skip(_SPACES + b">").decode("utf-8", "replace").lower()
        if self.at >= len(self.source):
            raise _cannot_parse(f"Unclosed start tag at byte offset {begin}")
        if name not in _ENTITY_TYPES:
            raise _cannot_parse(f'Unsupported start tag "{name}" at byte offset {begin}')
        tag = _OpenTag(name, self.offset)
        while True:
            self._spaces()
            if self._peek() == b">":
                break
            key, value = self._attribute(name, begin)
            tag.attributes[key] = value
        self.at += 1
        self._check_tag(tag, begin)
        self.open.append(tag)

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        key = self._skip(_SPACES + b"=>/\"'").decode("utf-8", "replace").lower()
        if not key:
            raise _cannot_parse(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        self._spaces()
        if self.at >= len(self.source):
            raise _cannot_parse(f'Unclosed start tag "{tag}" at byte offset {begin}')
        if self._peek() != b"=":
            if tag == "blockquote" and key == "expandable":
                return key, ""
            raise _cannot_parse(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}" at byte offset {begin}'
            )
        self.at += 1
        self._spaces()
        if self.at >= len(self.source):
            raise _cannot_parse(f'Unclosed start tag "{tag}" at byte offset {begin}')
        return key, self._attribute_value(begin)

    def _attribute_value(self, begin: int) -> str:
        quote = self._peek()
        if quote not in (b"'", b'"'):
            token_at = self.at
            match = re.compile(rb"[A-Za-z0-9.-]*").match(self.source, self.at)
            token = match.group() if match else b""
            self.at += len(token)
            if not self._peek() or self._peek() not in _SPACES + b">":
                raise _cannot_parse(f"Unexpected end of name token at byte offset {token_at}")
            return token.decode().lower()
        self.at += 1
        value: list[str] = []
        while self.at < len(self.source) and self._peek() != quote:
            decoded = self._reference() if self._peek() == b"&" else None
            if decoded is None:
                start = self.at
                self.at += 1
                self._skip(quote + b"&")
                decoded = self.source[start : self.at].decode("utf-8", "surrogatepass")
            value.append(decoded)
        if self.at >= len(self.source):
            raise _cannot_parse(f"Unclosed start tag at byte offset {begin}")
        self.at += 1
        return "".join(value)

    def _check_tag(self, tag: _OpenTag, begin: int) -> None:
        if tag.name == "span" and tag.attributes.get("class") != "tg-spoiler":
            raise _cannot_parse(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        if tag.name == "tg-emoji" and not tag.attributes.get("emoji-id", "").isdigit():
            raise _cannot_parse(f"Invalid custom emoji identifier specified at byte offset {begin}")
        if tag.name == "tg-time":
            if not re.fullmatch(r"[1-9]\d{0,9}", tag.attributes.get("unix", "")):
                raise _cannot_parse(f"Invalid Unix time specified at byte offset {begin}")
            if not _TIME_FORMAT.fullmatch(tag.attributes.get("format", "")):
                raise _cannot_parse(f"Invalid date-time format specified at byte offset {begin}")
        if tag.name == "blockquote" and any(outer.name == "blockquote" for outer in self.open):
            raise _cannot_parse(f"Block quotes can't be nested at byte offset {begin}")

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise _cannot_parse(f"Unexpected end tag at byte offset {begin}")
        self.at += 2
        name = self._skip(_SPACES + b">").decode("utf-8", "replace").lower()
        self._spaces()
        if self._peek() != b">":
            raise _cannot_parse(f"Unclosed end tag at byte offset {begin}")
        self.at += 1
        tag = self.open.pop()
        if name and name != tag.name:
            raise _cannot_parse(
                f'Unmatched end tag at byte offset {begin}, expected "</{tag.name}>", found "</{name}>"'
            )
        if self.offset > tag.offset:
            self._close(tag)

    def _close(self, tag: _OpenTag) -> None:
        entity: Entity = {"type": _ENTITY_TYPES[tag.name], "offset": tag.offset, "length": self.offset - tag.offset}
        if tag.name == "a":
            shown = (
                "".join(self.text).encode("utf-16-le", "surrogatepass")[tag.offset * 2 :].decode("utf-16-le", "replace")
            )
            url = tag.attributes.get("href") or shown
            if not re.match(r"(?:https?|tg|ton|mailto|tel):", url, re.IGNORECASE):
                if "." not in url.split("/", 1)[0]:
                    return  # Telegram drops a link that leads nowhere and keeps its text.
                url = f"http://{url}"
            entity["url"] = url
        elif tag.name == "code" and tag.attributes.get("class", "").startswith("language-"):
            if self.open and self.open[-1].name == "pre" and self.open[-1].offset == tag.offset:
                self.open[-1].attributes["language"] = tag.attributes["class"].removeprefix("language-")
                return
        elif tag.name == "pre" and "language" in tag.attributes:
            entity["language"] = tag.attributes["language"]
        elif tag.name == "blockquote" and "expandable" in tag.attributes:
            entity["type"] = "expandable_blockquote"
        elif tag.name == "tg-emoji":
            entity["custom_emoji_id"] = tag.attributes["emoji-id"]
        elif tag.name == "tg-time":
            entity["unix_time"] = int(tag.attributes["unix"])
            if tag.attributes.get("format"):
                entity["date_time_format"] = tag.attributes["format"]
        self.entities.append(entity)


_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z0-9_]{4,32})(?!\w)"
    r"|(?<!\w)(?P<cashtag>\$[A-Z]{1,8})(?!\w)"
    r"|(?<!\w)(?P<hashtag>#\w*[^\W\d]\w*)"
)


def detect_entities(text: str, taken: list[Entity] | None = None) -> list[Entity]:
    """Adds the entities clients and server find by themselves: commands, links, mentions, tags."""
    found = list(taken or [])
    occupied = [(e["offset"], e["offset"] + e["length"]) for e in found if e["type"] in _CLOSED]
    for match in _FOUND.finditer(text):
        begin = utf16_length(text[: match.start()])
        end = begin + utf16_length(match.group())
        if not any(begin < stop and start < end for start, stop in occupied):
            found.append({"type": str(match.lastgroup), "offset": begin, "length": end - begin})
    found.sort(key=lambda e: (e["offset"], -e["length"]))
    return found


_CLOSED = frozenset({"code", "pre", "text_link", "url", "mention", "bot_command", "custom_emoji", "date_time"})
"""Inside these nothing further is detected."""
