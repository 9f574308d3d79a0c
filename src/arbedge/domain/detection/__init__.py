"""Finds candidates in a snapshot: one module a type, each pure and linear in the number of instruments."""
