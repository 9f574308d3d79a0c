"""Analytics Engine: points are written without waiting; the limits are production's."""

from .registry import World, case, refusal, same


@case
async def check_a_point_is_written_at_once(world: World) -> None:
    point = {"blobs": ["scan", "binance"], "doubles": [1, 2.5], "indexes": ["scan"]}
    same(world.env.ANALYTICS.writeDataPoint(point), None)


@case
async def check_a_point_may_be_as_large_as_the_limits(world: World) -> None:
    point = {"blobs": ["x" * 819] * 20, "doubles": [0, -1, 1.5e15] + [2.5] * 17, "indexes": ["x" * 96]}
    same(world.env.ANALYTICS.writeDataPoint(point), None)


@case
async def check_an_event_may_write_the_points_of_a_scan(world: World) -> None:
    for place in range(7):
        same(
            world.env.ANALYTICS.writeDataPoint({"blobs": [""], "doubles": [place], "indexes": [f"feed:{place}"]}), None
        )


@case
async def check_points_are_limited(world: World) -> None:
    for point in (
        {"blobs": ["x"] * 21},
        {"doubles": [1.0] * 21},
        {"indexes": ["a", "b"]},
        {"indexes": ["x" * 97]},
        {"blobs": ["x" * 16_385]},
    ):
        words = await refusal(lambda point=point: world.env.ANALYTICS.writeDataPoint(point))
        assert words.startswith("writeDataPoint():"), words
