"""Notices secrets that someone is about to leave in a chat: exchange keys, private keys, seed phrases.

Better to remove a harmless line too many than to keep one key; nothing that is removed carries a command.
"""

import re
from typing import Final

_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![\w-])[A-Za-z0-9]{64}(?![\w-])",  # Binance, both parts; 64 hex digits
        r"(?<!\w)0[xX][0-9a-fA-F]{64}(?!\w)",  # a wallet's private key
        r"(?<![\w-])[0-9a-fA-F]{32}(?![\w-])",  # OKX secret
        r"(?<![\w-])(?=[A-Za-z]*\d)(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{36}(?![\w-])",  # Bybit secret
        r"BEGIN [A-Z ]{0,24}PRIVATE KEY",
        # Named as what it is, whatever its shape.
        (
            r"(?i)(?:secret|api[ _-]?key|access[ _-]?key|private[ _-]?key|passphrase)[\w ]{0,12}[\"'` ]{0,3}[:=\s]"
            r"[\"'` ]{0,3}(?=[\w+/-]*\d)[\w+/-]{16,}"
        ),
    )
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_SEED_WORDS_MIN: Final = 12
# Frequent English words that no seed phrase contains: one of them ends a run of seed words.
_COMMON: Final = (
    "the and for are was were not but how its has had his her she him our out who why did does been from with have "
    "please could would should these those some more most much many only also than them your which while because "
    "price prices trade trades funding alert alerts edge fees fee binance bybit bot market markets"
)
_NEVER_SEED: Final = frozenset(_COMMON.split())


def looks_secret(text: str) -> bool:
    return any(pattern.search(text) for pattern in _PATTERNS) or _has_seed_phrase(text)


def _has_seed_phrase(text: str) -> bool:
    """Twelve or more words in a row that could all stand in the seed word list: 3 to 8 plain letters."""
    run = 0
    for word in _WORD.findall(text.lower()):
        could_be_seed = word.isascii() and 3 <= len(word) <= 8 and word not in _NEVER_SEED
        run = run + 1 if could_be_seed else 0
        if run >= _SEED_WORDS_MIN:
            return True
    return False
