"""The ways in: they parse, authenticate, call one use case and render."""
