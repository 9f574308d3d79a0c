"""The bot between the twins of the bindings and a Telegram that is as strict as the real one."""
