"""Analytics Engine: points are written without waiting; the limits are production's."""

from .registry import World, case, refusal, same


@case
async def check_a_point_is_written_at_once(world: World) -> None:
    point = {"blobs": ["scan", "binance"], "doubles": [1, 2.5], "indexes": ["scan"]}
    same(world.env.ANALYTICS.writeDataPoint(point), None)


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
