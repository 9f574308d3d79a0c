"""The trade in pure Python: no input or output, no clock, no randomness."""
