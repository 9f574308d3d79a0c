"""Where an opportunity stands in a list: by its net edge, held still while that moves within noise.

Each keeps the figure it is ordered by until its net edge is a whole change away from it, so two of them change places
only when one has really moved. Nothing is ever listed above what is better by two such changes.
"""

from decimal import Decimal

from arbedge.domain.policy import Policy


def settle_rank(net_bps: Decimal, ranked_bps: Decimal, policy: Policy) -> Decimal:
    """The figure to order by now; `ranked_bps` is the one so far."""
    has_moved = abs(net_bps - ranked_bps) >= Decimal(str(policy.change_bps_min))
    return net_bps if has_moved else ranked_bps
