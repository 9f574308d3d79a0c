"""Pseudonyms: what stands for a person in records that outlive them."""

import hashlib
import hmac
from typing import Final

LENGTH: Final = 32  # hex digits: 128 bits of the hash, far beyond any chance of two people meeting


def derive_pseudonym(key: str, person_id: str) -> str:
    """HMAC-SHA256 of the id under the deployment's key: the same for the same person, and of no use without the key."""
    return hmac.new(key.encode(), person_id.encode(), hashlib.sha256).hexdigest()[:LENGTH]
