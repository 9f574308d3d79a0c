"""Vectorize: nearest vectors, filters, and deletion."""

from .registry import World, case, refusal, same

DIMENSIONS = 3
INDEXED = ("kind",)


async def fill(world: World) -> str:
    space = world.unique("space")
    await world.env.VECTORS.upsert(
        [
            {"id": f"{space}-x", "values": [1, 0, 0], "namespace": space, "metadata": {"kind": "funding"}},
            {"id": f"{space}-y", "values": [0, 1, 0], "namespace": space, "metadata": {"kind": "funding"}},
            {"id": f"{space}-z", "values": [0.6, 0.8, 0], "namespace": space, "metadata": {"kind": "spread"}},
        ]
    )
    return space


@case
async def check_the_nearest_come_first(world: World) -> None:
    space = await fill(world)
    found = await world.env.VECTORS.query([1, 0, 0], {"topK": 2, "namespace": space, "returnMetadata": "all"})
    same([match["id"] for match in found["matches"]], [f"{space}-x", f"{space}-z"])
    assert [round(match["score"], 6) for match in found["matches"]] == [1, 0.6]
    same(found.matches[1].metadata, {"kind": "spread"})
    same(found["count"], 2)


@case
async def check_filters(world: World) -> None:
    space = await fill(world)
    for condition in ({"kind": "spread"}, {"kind": {"$ne": "funding"}}, {"kind": {"$in": ["spread", "peg"]}}):
        found = await world.env.VECTORS.query([1, 0, 0], topK=5, namespace=space, filter=condition)
        same([match["id"] for match in found["matches"]], [f"{space}-z"])


@case
async def check_vectors_are_read_and_deleted_by_id(world: World) -> None:
    space = await fill(world)
    (vector,) = await world.env.VECTORS.getByIds([f"{space}-x", f"{space}-nothing"])
    same([vector["id"], vector["values"]], [f"{space}-x", [1, 0, 0]])
    assert (await world.env.VECTORS.deleteByIds([f"{space}-x"]))["mutationId"]
    same(await world.env.VECTORS.getByIds([f"{space}-x"]), [])


@case
async def check_dimensions_are_checked(world: World) -> None:
    words = await refusal(lambda: world.env.VECTORS.upsert([{"id": "a", "values": [1]}]))
    assert "expected 3 dimensions" in words, words
