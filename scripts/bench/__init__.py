"""Measures speed and memory; `make bench` prints the table and keeps it as JSON and in docs/bench.md."""
