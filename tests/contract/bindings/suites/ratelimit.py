"""The rate limit binding: so many calls a key and window."""

from .registry import World, case, refusal, same

# What the worlds' FLOOD binding is configured with.
LIMIT, PERIOD_S = 3, 60


@case
async def check_each_key_has_its_own_allowance(world: World) -> None:
    async def verdicts() -> list[bool]:
        key = world.unique("chat")
        return [(await world.env.FLOOD.limit({"key": key})).success for _ in range(LIMIT + 1)]

    expected = [True] * LIMIT + [False]
    started = world.now_ms() // (PERIOD_S * 1000)
    found = await verdicts()
    if world.now_ms() // (PERIOD_S * 1000) != started:
        # The window turned over in between; the next one is long enough.
        found = await verdicts()
    same(found, expected)
    result = await world.env.FLOOD.limit(key=world.unique("chat"))
    same([result["success"], result.success], [True, True])


@case
async def check_options_are_checked(world: World) -> None:
    same(await refusal(lambda: world.env.FLOOD.limit({"chat": "a"})), "bad rate limit options: [chat]")
    same(await refusal(lambda: world.env.FLOOD.limit({"key": 5})), "invalid key: 5")
