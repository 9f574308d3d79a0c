"""One suite for the market data of all three exchanges, against the strict stand-ins."""
