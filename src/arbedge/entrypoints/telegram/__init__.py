"""The bot: updates from Telegram in, screens out."""
