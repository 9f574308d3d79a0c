"""Methods that steer where updates go."""

import re
from typing import Any
from urllib.parse import urlsplit

from scripts.sandbox.telegram.backend import Backend, Handler, Parameters
from scripts.sandbox.telegram.errors import ApiError, bad_request
from scripts.sandbox.telegram.keyboards import is_public_name
from scripts.sandbox.telegram.wire import Upload

GET_UPDATES_CONFLICT = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
PORTS = frozenset({443, 80, 88, 8443})
_SECRET = re.compile(r"[A-Za-z0-9_-]*")


def _check_url(b: Backend, url: str) -> None:
    """As the hosted server has it, save that the sandbox's own Worker may be named too."""
    if b.webhook.is_worker(url):
        return
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise bad_request("bad webhook: invalid webhook URL specified") from None
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if port not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if not is_public_name(parts.hostname or ""):
        raise bad_request(f"bad webhook: IP address {parts.hostname} is reserved")


def set_webhook(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    secret = p.get("secret_token", "")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if not 1 <= p.get("max_connections", 40) <= 100:
        raise bad_request("max_connections must be between 1 and 100")
    if p.get("drop_pending_updates"):
        b.webhook.drop_pending()
    if not p["url"]:
        b.webhook.remove()
        return True
    _check_url(b, p["url"])
    b.webhook.set(p["url"], secret, p.get("max_connections", 40), p.get("allowed_updates"))
    return True


def delete_webhook(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    if p.get("drop_pending_updates"):
        b.webhook.drop_pending()
    b.webhook.remove()
    return True


def get_webhook_info(b: Backend, _p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    return b.webhook.info()


def get_updates(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> list[dict[str, Any]]:
    if b.webhook.url:
        raise ApiError(409, GET_UPDATES_CONFLICT)
    return b.webhook.take_pending(p.get("offset", 0), p.get("limit", 100))


HANDLERS: dict[str, Handler] = {
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "getUpdates": get_updates,
}
