"""The sandbox exchanges: their market, limits and faults, without HTTP."""
