"""The Bot API's methods by name; a method outside this table is valid but not offered here."""

from scripts.sandbox.telegram.backend import Handler
from scripts.sandbox.telegram.methods import answers, chats, edits, ephemeral, media, profile, sends, webhooks

HANDLERS: dict[str, Handler] = {
    **answers.HANDLERS,
    **chats.HANDLERS,
    **edits.HANDLERS,
    **ephemeral.HANDLERS,
    **media.HANDLERS,
    **profile.HANDLERS,
    **sends.HANDLERS,
    **webhooks.HANDLERS,
}
