"""The binding contract: importing this package registers every case."""

from . import (
    analytics,
    d1_refusals,
    d1_statements,
    d1_values,
    kv,
    objects,
    pipelines,
    queues,
    r2,
    ratelimit,
    vectorize,
)
from .registry import CASES, World

SUITES = (analytics, d1_refusals, d1_statements, d1_values, kv, objects, pipelines, queues, r2, ratelimit, vectorize)

__all__ = ["CASES", "SUITES", "World"]
