"""Runs the product's own decisions, re-pricings and learning over recorded markets, and says what came of them."""
