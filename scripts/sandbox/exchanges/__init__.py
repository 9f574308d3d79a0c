"""Public market data of each exchange over HTTP, in that exchange's own shapes, errors and limits."""
