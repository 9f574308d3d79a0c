"""Use cases: one module a capability; each takes its ports as arguments."""
