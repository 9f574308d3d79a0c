"""Noise that is a pure function of (key, time), so that restarts and any number of processes agree on every price."""

from collections.abc import Sequence
from hashlib import blake2b

MASK = (1 << 64) - 1
UNIT = 1.0 / (1 << 63)


def key_of(*parts: object) -> int:
    """A 64-bit key of names and numbers; unlike `hash`, the same in every process."""
    return int.from_bytes(blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest())


def mix(x: int) -> int:
    """The splitmix64 finaliser: neighbouring inputs give unrelated outputs."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def signed(key: int, n: int) -> float:
    """Uniform in [-1, 1)."""
    return mix(key ^ (n * 0xD1342543DE82EF95 & MASK)) * UNIT - 1.0


def uniform(key: int, n: int) -> float:
    """Uniform in [0, 1)."""
    return (signed(key, n) + 1.0) / 2


class Wave:
    """A smooth path: values drawn at the corners of each period, blended between them, summed over octaves.

    `octaves` are (period ms, amplitude). The last corners are remembered because time mostly moves forward by little.
    """

    __slots__ = ("_corners", "_keys", "_octaves")

    def __init__(self, key: int, octaves: Sequence[tuple[int, float]]) -> None:
        self._octaves = tuple(octaves)
        self._keys = tuple(mix(key + i) for i in range(len(octaves)))
        self._corners: list[tuple[int, float, float]] = [(-1, 0.0, 0.0)] * len(octaves)

    def at(self, t_ms: int) -> float:
        total = 0.0
        corners = self._corners
        for i, (period, amplitude) in enumerate(self._octaves):
            n, rest = divmod(t_ms, period)
            corner = corners[i]
            if corner[0] != n:
                key = self._keys[i]
                corner = corners[i] = (n, signed(key, n), signed(key, n + 1))
            f = rest / period
            total += amplitude * (corner[1] + (corner[2] - corner[1]) * (f * f * (3.0 - 2.0 * f)))
        return total
