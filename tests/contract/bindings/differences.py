"""Every way in which a side is allowed to fail the contract, with its reason.

A listed case must fail on that side, with the symptom in its failure: a difference that no longer exists fails the tests.
The sides are the twins as `wrangler dev` behaves ("shim"), KV's twin as production may behave ("stale shim"), and the
local runtime ("workerd").
"""

from dataclasses import dataclass
from typing import Literal

Side = Literal["shim", "stale shim", "workerd"]
ACCEPTED = "was not refused"


@dataclass(frozen=True, slots=True)
class Difference:
    side: Side
    case: str
    symptom: str
    reason: str


STALENESS = "production serves what was read before, also an absence, for 60 s or more; workerd locally never does"
NO_LIMIT = "production's documented limit, which the local runtime does not enforce"
NO_VECTORIZE = "Vectorize has no local simulator"
SHADOWED_SEND = (
    "the local binding is an RPC stub, on which Pyodide takes `send` for a generator's; the Worker calls it through "
    "a line of JavaScript, and the local stream keeps nothing"
)

DIFFERENCES: tuple[Difference, ...] = (
    Difference("stale shim", "kv/reads_see_the_last_write", "None is not 'one'", STALENESS),
    Difference(
        "shim",
        "d1_statements/rows_are_counted_as_billed",
        "[2, 1] is not [4, 2]",
        "Python's sqlite3 does not tell how many rows and index entries a statement touched",
    ),
    Difference("workerd", "d1_refusals/values_over_two_megabytes_are_refused", ACCEPTED, NO_LIMIT),
    Difference("workerd", "d1_refusals/functions_take_32_arguments", ACCEPTED, NO_LIMIT),
    Difference("workerd", "r2/delete_takes_a_thousand_keys_at_most", ACCEPTED, NO_LIMIT),
    Difference("workerd", "objects/keys_are_limited", ACCEPTED, NO_LIMIT),
    Difference(
        "workerd",
        "queues/refusals_say_which_limit",
        "Unknown Internal Error (15000)",
        "the local broker refuses with an opaque error",
    ),
    Difference(
        "workerd",
        "queues/an_acknowledged_message_survives_an_exception",
        "[1, 2] is not [1]",
        "the local broker redelivers the whole batch after an exception, acknowledged messages too",
    ),
    Difference("workerd", "analytics/points_are_limited", ACCEPTED, "the local dataset drops every point unseen"),
    Difference("workerd", "pipelines/records_are_taken", "Result should have type", SHADOWED_SEND),
    Difference("workerd", "pipelines/only_lists_of_objects_are_taken", "Result should have type", SHADOWED_SEND),
    *(
        Difference("workerd", f"vectorize/{name}", "Binding VECTORS needs to be run remotely", NO_VECTORIZE)
        for name in (
            "the_nearest_come_first",
            "filters",
            "vectors_are_read_and_deleted_by_id",
            "dimensions_are_checked",
        )
    ),
)
_BY_PLACE = {(each.side, each.case): each for each in DIFFERENCES}


def check_outcome(side: Side, case: str, failure: str) -> None:
    """Raises unless the case passed (`failure` is empty), or failed in the one way that is allowed here."""
    allowed = _BY_PLACE.get((side, case))
    if allowed is None:
        assert not failure, f"{case} fails on {side}:\n{failure}"
        return
    assert failure, f"{case} passes on {side}, so the listed difference does not exist: {allowed.reason}"
    assert allowed.symptom in failure, f"{case} fails on {side}, but not with {allowed.symptom!r}:\n{failure}"
