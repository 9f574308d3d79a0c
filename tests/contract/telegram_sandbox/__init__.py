"""The Bot API stand-in from outside: each call, each answer, each delivery as Telegram has them."""
