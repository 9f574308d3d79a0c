"""Short messages: what was not understood, what needs /start, what broke."""

from typing import Final

from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import quote
from arbedge.entrypoints.telegram.screens.start import private_link
from arbedge.entrypoints.telegram.screens.words import TYPES
from arbedge.ports.messenger import Button, Screen

BUTTON_GONE: Final = "This button is no longer valid. Send /menu for a fresh one."
PRIVATE_ONLY: Final = "Buttons work in the private chat only. Open your own there with /opportunities."
SESSION_NEEDED: Final = "Your session is not active. Send /start to begin."
CHECKOUT_REFUSED: Final = "Nothing is for sale here yet, so nothing was charged."


def render_session_needed() -> Screen:
    return Screen(text="Your session is not active. Send /start to begin; it takes one tap.")


def render_group_session_needed(link: str | None) -> Screen:
    return Screen(text="I answer people I know. Send me /start in the private chat first.", buttons=private_link(link))


def render_private_only(link: str | None) -> Screen:
    return Screen(text="That works in the private chat only.", buttons=private_link(link))


def render_unknown_command(name: str, closest: str | None) -> Screen:
    guess = f" Did you mean /{closest}?" if closest else ""
    return Screen(text=f"I do not know /{quote(name)}.{guess} /help lists everything I can do.")


def render_unknown_type(wanted: str) -> Screen:
    return Screen(
        text=f"“{quote(wanted)}” is neither a type nor an asset. The types are {', '.join(TYPES)}.",
        buttons=[[Button("All opportunities", data=callbacks.list_page(callbacks.Place()))]],
    )


def render_secret_removed(*, is_removed: bool) -> Screen:
    """Says nothing of what was in the message."""
    action = (
        "I removed a message that looked like an API key or another secret."
        if is_removed
        else "A message here looks like an API key or another secret. I could not remove it: delete it yourself, now."
    )
    advice = (
        "Treat it as exposed: delete that key at the exchange and make a new one. Keys are never entered in a chat."
    )
    return Screen(text=f"{action}\n\n{advice}")


def render_broken(reference: str) -> Screen:
    return Screen(text=f"Something broke on our side (ref {reference}). Nothing was traded. Please try again.")
