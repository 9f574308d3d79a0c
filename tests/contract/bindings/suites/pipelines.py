"""Pipelines: a list of records is taken, anything else is not."""

from .registry import World, case, refusal, same


@case
async def check_records_are_taken(world: World) -> None:
    same(await world.env.PIPELINE.send([{"exchange": "binance", "bid": 1.5}]), None)


@case
async def check_only_lists_of_objects_are_taken(world: World) -> None:
    words = await refusal(lambda: world.env.PIPELINE.send({"a": 1}))
    assert "list of objects" in words, words
