"""Implementations of the ports: exchanges, Telegram, the platform's bindings."""
