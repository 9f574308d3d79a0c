"""CoinMarketCap as it was recorded and as the sandbox plays it, read by one client."""
