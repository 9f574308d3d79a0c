"""A message that was given up is kept once."""

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.dead_letters import D1DeadLetters
from tests.miniflare_shim import ShimEnv


async def test_a_dead_letter_is_kept_once(env: ShimEnv, database: Database, now: int) -> None:
    letters = D1DeadLetters(database)
    assert await letters.count() == 0
    await letters.record("deliveries", "m1", '{"kind":"other"}', "message_invalid", 5, now)
    await letters.record("deliveries", "m1", "again", "again", 6, now + 1)
    await letters.record("opportunities", "m1", "\u202e\ud800" * 100_000, "x" * 10_000, 5, now)
    assert await letters.count() == 2
    row = await env.DB.prepare("SELECT body, attempts FROM dead_letters WHERE queue = 'deliveries'").first()
    assert row == {"body": '{"kind":"other"}', "attempts": 5}
