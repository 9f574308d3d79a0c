"""Telegram as a messenger: the Bot API over HTTP."""
