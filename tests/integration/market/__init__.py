"""Hybrid access to public market data, with every store and exchange that it depends on."""
