"""ArbEdge: finds arbitrage between exchanges and says what it is worth after every cost."""
