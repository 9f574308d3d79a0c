"""The bot's parsing, rules and screens."""
