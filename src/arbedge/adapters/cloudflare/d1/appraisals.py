"""Re-pricings: a row a step, scheduled with its opportunity and answered once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack, recall, unpack
from arbedge.adapters.cloudflare.d1.scans import FEEDS, LOAD_HOSTS, read_feeds, read_hosts
from arbedge.domain.appraisal import FIRST_STEP, Appraisal, Due, LegAge, Step, list_exchanges, plan
from arbedge.domain.budget import Host
from arbedge.domain.features import name_pair
from arbedge.domain.instruments import Instrument
from arbedge.domain.opportunity import Opportunity
from arbedge.ports.appraisals import RoundStart

_opportunities = msgspec.json.Decoder(list[Opportunity])
_instruments = msgspec.json.Decoder(list[Instrument])
_ages = msgspec.json.Decoder(tuple[LegAge, ...])

# What is scheduled again is there already; an end that comes before the claimed expiry brings that step forward.
_SCHEDULE: Final = """
INSERT INTO appraisals
  (opportunity_id, step, mode, type, exchanges, pair, claimed_at, claimed_bps, confidence, features, due_at)
SELECT one ->> 'opportunity_id', one ->> 'step', one ->> 'mode', one ->> 'type', one ->> 'exchanges',
  one ->> 'pair', one ->> 'claimed_at', one ->> 'claimed_bps', one ->> 'confidence', one ->> 'features',
  one ->> 'due_at'
FROM (SELECT value AS one FROM json_each(?1)) WHERE true
ON CONFLICT (opportunity_id, step) DO UPDATE SET due_at = excluded.due_at
WHERE appraisals.state = 'scheduled' AND excluded.due_at < appraisals.due_at
"""
_LOAD_DUE = """
SELECT a.step, a.due_at, o.id, o.payload FROM appraisals AS a JOIN opportunities AS o ON o.id = a.opportunity_id
WHERE a.state = 'scheduled' AND a.due_at <= ?1 ORDER BY a.due_at LIMIT ?2
"""
_LOAD_INSTRUMENTS = """
SELECT i.payload FROM instruments AS i WHERE (i.exchange, i.market, i.symbol) IN (
  SELECT leg.value ->> 'exchange', leg.value ->> 'market', leg.value ->> 'symbol'
  FROM (SELECT opportunity_id FROM appraisals WHERE state = 'scheduled' AND due_at <= ?1 ORDER BY due_at LIMIT ?2) AS a
  JOIN opportunities AS o ON o.id = a.opportunity_id, json_each(o.payload, '$.sighting.legs') AS leg
)
"""
_LOAD_NEXT = "SELECT min(due_at) AS due_at FROM appraisals WHERE state = 'scheduled'"
_SAVE = """
UPDATE appraisals SET state = one ->> 'state', realised_bps = one ->> 'realised_bps', reason = one ->> 'reason',
  appraised_at = one ->> 'appraised_at', ages = one -> 'ages'
FROM (SELECT value AS one FROM json_each(?1))
WHERE appraisals.opportunity_id = one ->> 'opportunity_id' AND appraisals.step = one ->> 'step'
  AND appraisals.state = 'scheduled'
"""
_LOAD = """
SELECT opportunity_id, step, due_at, claimed_bps, state, realised_bps, reason, appraised_at, ages
FROM appraisals WHERE opportunity_id IN (SELECT value FROM json_each(?1)) ORDER BY due_at, step
"""
# Steps of an opportunity that cannot be read would be due for ever.
_GIVE_UP = """
UPDATE appraisals SET state = 'missed', reason = 'no_claim', appraised_at = ?2
WHERE opportunity_id IN (SELECT value FROM json_each(?1)) AND state = 'scheduled' AND due_at <= ?2
"""
_SAVE_HOSTS = """
INSERT INTO hosts_of_appraiser (id, payload, updated_at) VALUES (1, ?1, ?2)
ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, updated_at = excluded.updated_at
WHERE excluded.updated_at >= hosts_of_appraiser.updated_at
"""


class _Scheduled(Struct, frozen=True):
    opportunity_id: str
    step: Step
    mode: str
    type: str
    exchanges: str
    pair: str
    claimed_at: int
    claimed_bps: float
    confidence: float | None
    features: dict[str, float] | None  # with the first step alone: it is what is learned from
    due_at: int


def schedule(opportunities: Iterable[Opportunity]) -> list[Statement]:
    """What has to be run with the saving of opportunities, so that no alert is without its re-pricings."""
    rows = [
        _Scheduled(
            opportunity_id=one.id,
            step=step,
            mode=one.mode,
            type=one.type,
            exchanges=list_exchanges(one),
            pair=name_pair(one.sighting),
            claimed_at=one.claim.at,
            claimed_bps=float(one.claim.net_bps),
            confidence=one.claim.confidence.p,
            features=one.claim.features or None if step == FIRST_STEP else None,
            due_at=due_at,
        )
        for one in opportunities
        # Between a beginning and an end nothing changes that is scheduled.
        if one.claim and one.transitions and one.transitions[-1].at >= one.updated_at
        for step, due_at in plan(one).items()
    ]
    return [Statement(_SCHEDULE, (text,)) for text in pack(rows)]


class D1Appraisals:
    """`Appraisals` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_due(self, now: int, limit: int) -> RoundStart:
        due, instruments, feeds, hosts = await self._database.run_all(
            [
                Statement(_LOAD_DUE, (now, limit)),
                Statement(_LOAD_INSTRUMENTS, (now, limit)),
                Statement(FEEDS),
                Statement(LOAD_HOSTS),
            ]
        )
        found = list(zip(due, recall([row["payload"] for row in due], _opportunities), strict=True))
        if lost := [row["id"] for row, one in found if one is None]:
            await self._database.run(_GIVE_UP, msgspec.json.encode(lost).decode(), now)
        return RoundStart(
            due=[Due(row["step"], row["due_at"], one) for row, one in found if one is not None],
            instruments=unpack((row["payload"] for row in instruments), _instruments),
            feeds=read_feeds(feeds),
            hosts=read_hosts(hosts),
        )

    async def load_next(self) -> int | None:
        (row,) = await self._database.run(_LOAD_NEXT)
        return row["due_at"]

    async def save(self, answers: Sequence[Appraisal], hosts: Mapping[str, Host], now: int) -> None:
        statements = [Statement(_SAVE, (text,)) for text in pack(answers)]
        text = msgspec.json.encode(dict(hosts)).decode()
        await self._database.run_all([*statements, Statement(_SAVE_HOSTS, (text, now))])

    async def load(self, opportunity_id: str) -> list[Appraisal]:
        return (await self.load_of([opportunity_id])).get(opportunity_id, [])

    async def load_of(self, opportunity_ids: Sequence[str]) -> dict[str, list[Appraisal]]:
        found: dict[str, list[Appraisal]] = {}
        for row in await self._database.run(_LOAD, msgspec.json.encode(opportunity_ids).decode()):
            found.setdefault(row["opportunity_id"], []).append(_read(row))
        return found


def _read(row: dict[str, Any]) -> Appraisal:
    ages = _ages.decode(row["ages"]) if row["ages"] else ()
    return msgspec.convert({**row, "ages": ages}, Appraisal)
