"""Replays recorded scans through the code that decided them, and compares the results byte for byte."""
