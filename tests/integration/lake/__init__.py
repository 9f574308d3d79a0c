"""The lake as the whole application fills, tidies and reads it."""
