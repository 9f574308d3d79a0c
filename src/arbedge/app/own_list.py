"""The list by a reader's own size, horizon and minimum: what is open is valued again, filtered and sorted anew.

The database knows only the order at the system's size, so as many as `REVALUED_MAX` are read, best of those first,
and all of them are valued for every page; where more are open, the answer says that the list was cut.
"""

import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from arbedge.app.figures_shown import round_shown
from arbedge.app.views import MissView, name_legs
from arbedge.domain.detection.candidates import judge_net
from arbedge.domain.edge import Edge, Refused
from arbedge.domain.gauge import Gauge
from arbedge.domain.opportunity import Opportunity, is_id
from arbedge.domain.policy import HELD_TYPES, Policy
from arbedge.domain.reasons import EXPLANATIONS, Reason
from arbedge.domain.revaluation import Reading, Valuations, read
from arbedge.limits import REVALUED_MAX
from arbedge.ports.store import Opportunities, OpportunityFilter

_CURSOR: Final = re.compile(r"[A-Za-z0-9_-]{1,160}")


class Position(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The last item of a page, in the order at this size and horizon: no other order has this place."""

    size_usdt: Decimal
    horizon_h: int
    rank_bps: float
    id: str


_positions: Final = msgspec.json.Decoder(Position)


class LeftOut(NamedTuple):
    """An open opportunity that does not reach the reader's minimum at their size, or cannot be had there."""

    opportunity: Opportunity
    reason: Reason
    numbers: dict[str, float]


class OwnPage(NamedTuple):
    """`left_out` holds all that was kept out by the reader's own measures, nearest first; `hidden` counts what the
    reader may not see.
    """

    items: list[tuple[Opportunity, Reading]]
    next_cursor: str | None
    left_out: list[LeftOut]
    is_cut: bool
    hidden: int


async def list_own(
    opportunities: Opportunities,
    wanted: OpportunityFilter,
    limit: int,
    cursor: str | None,
    gauge: Gauge,
    policy: Policy,
    now: int,
) -> OwnPage:
    """A page by the reader's net edge. Raises `ValueError` for a cursor that this list did not give at this gauge."""
    after = _parse_cursor(cursor, gauge) if cursor is not None else None
    page = await opportunities.list_open(replace(wanted, min_edge_bps=None), REVALUED_MAX, None)
    valued: list[tuple[float, Opportunity, Valuations]] = []
    left_out: list[LeftOut] = []
    for one in page.items:
        if not one.is_live(now):
            continue
        valuations = Valuations(one, policy)
        edge = valuations.find(gauge)
        if lack := _find_lack(one, edge, gauge):
            left_out.append(lack)
        elif isinstance(edge, Edge) and (wanted.min_edge_bps is None or float(edge.net_bps) >= wanted.min_edge_bps):
            # As steady as the order at the scan's size: what its place lags behind there, it lags behind here.
            rank_bps = float(edge.net_bps + one.ranked_bps - one.net_bps)
            valued.append((rank_bps, one, valuations))
    valued.sort(key=lambda entry: (-entry[0], entry[1].id))
    if after is not None:
        valued = [entry for entry in valued if (-entry[0], entry[1].id) > (-after.rank_bps, after.id)]
    shown = valued[:limit]
    next_cursor = _render_cursor(gauge, shown[-1]) if len(valued) > limit else None
    # Nearest first: what has a figure at this size before what cannot be had there.
    left_out.sort(key=lambda lack: ("net_bps" not in lack.numbers, -lack.numbers.get("net_bps", 0.0)))
    items = [(one, read(one, gauge, policy, valuations)) for _, one, valuations in shown]
    return OwnPage(items, next_cursor, left_out, page.next_cursor is not None, page.hidden)


def _find_lack(one: Opportunity, edge: Edge | Refused, gauge: Gauge) -> LeftOut | None:
    if isinstance(edge, Refused):
        return LeftOut(one, edge.reason, _note_size(one, gauge) | edge.numbers)
    return lack_edge(one, edge, gauge.min_net_bps[one.type], gauge)


def lack_edge(one: Opportunity, edge: Edge, minimum_bps: float, gauge: Gauge) -> LeftOut | None:
    """Why the edge at the reader's size falls short of a minimum, or None."""
    refusal = judge_net(float(edge.gross_bps), float(edge.net_bps), minimum_bps)
    return LeftOut(one, refusal[0], _note_size(one, gauge) | refusal[1]) if refusal else None


def view_left_out(lack: LeftOut) -> MissView:
    """As a near miss: what it is worth at the scan's size, and in `numbers` what the reader's own lacks."""
    one = lack.opportunity
    edge = one.sighting.edge
    return MissView(
        type=one.type,
        asset=one.asset,
        quote=one.quote,
        legs=name_legs(one.sighting.legs),
        gross_bps=float(edge.gross_bps),
        net_bps=float(edge.net_bps),
        reason=lack.reason,
        explanation=EXPLANATIONS[lack.reason],
        numbers={name: round_shown(number) for name, number in lack.numbers.items()},
        opportunity_id=one.id,
    )


def _note_size(one: Opportunity, gauge: Gauge) -> dict[str, float]:
    numbers = {"size_usdt": float(gauge.size_usdt)}
    return numbers | {"horizon_h": float(gauge.horizon_h)} if one.type in HELD_TYPES else numbers


def _render_cursor(gauge: Gauge, last: tuple[float, Opportunity, Valuations]) -> str:
    position = Position(gauge.size_usdt, gauge.horizon_h, last[0], last[1].id)
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def _parse_cursor(cursor: str, gauge: Gauge) -> Position:
    if not _CURSOR.fullmatch(cursor):
        raise ValueError("not a cursor of this list")
    try:
        position = _positions.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (msgspec.MsgspecError, ValueError):
        raise ValueError("not a cursor of this list") from None
    is_ours = math.isfinite(position.rank_bps) and position.size_usdt.is_finite() and is_id(position.id)
    if not is_ours or (position.size_usdt, position.horizon_h) != (gauge.size_usdt, gauge.horizon_h):
        raise ValueError("not a cursor of this list")
    return position
