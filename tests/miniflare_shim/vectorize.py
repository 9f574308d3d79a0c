"""Vectorize by brute force: exact cosine, dot product or distance over everything stored."""

import math
from typing import Any

from tests.miniflare_shim.conversion import JsDict, options_of, to_js, to_json_text, to_python
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Faults

ID_BYTES_MAX = 64
METADATA_BYTES_MAX = 10 * 1024
DIMENSIONS_MAX = 1536
BATCH_MAX = 1000
TOP_K_MAX = 100
TOP_K_MAX_WITH_VALUES = 20
GET_IDS_MAX = 20
COMPARISONS = {
    "$eq": lambda mine, asked: mine == asked,
    "$ne": lambda mine, asked: mine != asked,
    "$in": lambda mine, asked: mine in asked,
    "$nin": lambda mine, asked: mine not in asked,
    "$lt": lambda mine, asked: mine is not None and mine < asked,
    "$lte": lambda mine, asked: mine is not None and mine <= asked,
    "$gt": lambda mine, asked: mine is not None and mine > asked,
    "$gte": lambda mine, asked: mine is not None and mine >= asked,
}


class VectorizeIndex:
    """The binding. Filters see only the metadata keys named in `indexed`, as production's metadata indexes."""

    def __init__(
        self, *, faults: Faults, name: str = "VECTORS", dimensions: int = 1024, indexed: frozenset[str] = frozenset()
    ) -> None:
        if dimensions > DIMENSIONS_MAX:
            raise ValueError(f"an index has at most {DIMENSIONS_MAX} dimensions")
        self._faults = faults
        self._name = name
        self._dimensions = dimensions
        self._indexed = indexed
        self._vectors: dict[str, dict[str, Any]] = {}
        self._mutations = 0

    async def upsert(self, vectors: list[dict[str, Any]]) -> JsDict:
        checked = [self._check(vector) for vector in self._batch(vectors)]
        async with self._faults.around(self._name, "upsert", "VECTOR_UPSERT_ERROR: "):
            self._vectors.update({vector["id"]: vector for vector in checked})
            return self._mutated()

    async def insert(self, vectors: list[dict[str, Any]]) -> JsDict:
        """Leaves ids that exist as they are."""
        checked = [self._check(vector) for vector in self._batch(vectors)]
        async with self._faults.around(self._name, "insert", "VECTOR_INSERT_ERROR: "):
            for vector in checked:
                self._vectors.setdefault(vector["id"], vector)
            return self._mutated()

    async def query(self, vector: list[float], options: dict[str, Any] | None = None, **named: Any) -> JsDict:
        asked = options_of(options, named)
        values = self._check_values("VECTOR_QUERY_ERROR", to_js(vector))
        async with self._faults.around(self._name, "query", "VECTOR_QUERY_ERROR: "):
            top_k = asked.get("topK", 5)
            heavy = asked.get("returnValues") or asked.get("returnMetadata") in ("all", True)
            if not 1 <= top_k <= (TOP_K_MAX_WITH_VALUES if heavy else TOP_K_MAX):
                raise JsError(f"VECTOR_QUERY_ERROR (code = 40025): invalid topK {top_k}")
            found = [
                (_cosine(values, stored["values"]), stored)
                for stored in self._vectors.values()
                if self._matches(stored, asked)
            ]
            found.sort(key=lambda pair: (-pair[0], pair[1]["id"]))
            matches = [self._match(score, stored, asked) for score, stored in found[:top_k]]
            return JsDict(count=len(matches), matches=matches)

    async def getByIds(self, ids: list[str]) -> list[JsDict]:  # noqa: N802
        async with self._faults.around(self._name, "getByIds", "VECTOR_GET_ERROR: "):
            if len(ids) > GET_IDS_MAX:
                raise JsError(f"VECTOR_GET_ERROR (code = 40007): at most {GET_IDS_MAX} ids")
            return [to_python(self._vectors[each]) for each in ids if each in self._vectors]

    async def deleteByIds(self, ids: list[str]) -> JsDict:  # noqa: N802
        async with self._faults.around(self._name, "deleteByIds", "VECTOR_DELETE_ERROR: "):
            for each in ids:
                self._vectors.pop(each, None)
            return self._mutated()

    def _batch(self, vectors: list[dict[str, Any]]) -> list[Any]:
        sent = to_js(vectors)
        if len(sent) > BATCH_MAX:
            raise JsError(f"VECTOR_UPSERT_ERROR (code = 40012): at most {BATCH_MAX} vectors")
        return sent

    def _check(self, vector: dict[str, Any]) -> dict[str, Any]:
        if len(vector["id"].encode()) > ID_BYTES_MAX:
            raise JsError(f"VECTOR_UPSERT_ERROR (code = 40008): id longer than {ID_BYTES_MAX} bytes")
        if len(to_json_text(vector.get("metadata", {})).encode()) > METADATA_BYTES_MAX:
            raise JsError(f"VECTOR_UPSERT_ERROR (code = 40011): metadata longer than {METADATA_BYTES_MAX} bytes")
        return vector | {"values": self._check_values("VECTOR_UPSERT_ERROR", vector["values"])}

    def _check_values(self, prefix: str, values: list[float]) -> list[float]:
        if len(values) != self._dimensions:
            words = f"invalid vector, expected {self._dimensions} dimensions, and got {len(values)} dimensions"
            raise JsError(f"{prefix} (code = 40012): {words}")
        return [float(value) for value in values]

    def _matches(self, stored: dict[str, Any], asked: dict[str, Any]) -> bool:
        if "namespace" in asked and stored.get("namespace") != asked["namespace"]:
            return False
        metadata = stored.get("metadata") or {}
        for key, condition in (asked.get("filter") or {}).items():
            mine = metadata.get(key) if key in self._indexed else None
            tests = condition if isinstance(condition, dict) else {"$eq": condition}
            if not all(COMPARISONS[name](mine, wanted) for name, wanted in tests.items()):
                return False
        return True

    def _match(self, score: float, stored: dict[str, Any], asked: dict[str, Any]) -> JsDict:
        match = JsDict(id=stored["id"], score=score)
        if "namespace" in stored:
            match["namespace"] = stored["namespace"]
        if asked.get("returnValues"):
            match["values"] = to_python(stored["values"])
        wanted = asked.get("returnMetadata", "none")
        if wanted in ("all", True):
            match["metadata"] = to_python(stored.get("metadata"))
        elif wanted == "indexed":
            metadata = stored.get("metadata") or {}
            match["metadata"] = to_python({key: metadata[key] for key in metadata if key in self._indexed})
        return match

    def _mutated(self) -> JsDict:
        self._mutations += 1
        return JsDict(mutationId=f"{self._mutations:08x}-0000-0000-0000-000000000000")


def _cosine(one: list[float], other: list[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
