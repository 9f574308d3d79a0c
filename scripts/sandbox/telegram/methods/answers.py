"""Methods that answer a query: callback buttons, checkouts, inline mode."""

from scripts.sandbox.telegram.backend import Backend, Handler, Parameters
from scripts.sandbox.telegram.errors import bad_request
from scripts.sandbox.telegram.wire import Upload

CALLBACK_TEXT_MAX = 200
INLINE_RESULTS_MAX = 50


def answer_callback_query(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    if len(p.get("text", "")) > CALLBACK_TEXT_MAX:
        raise bad_request("MESSAGE_TOO_LONG")
    if p.get("url") and not p["url"].startswith(("https://t.me/", "tg://")):
        raise bad_request("URL_INVALID")
    query = b.queries.require(p["callback_query_id"], "callback")
    query.answer = {key: p[key] for key in ("text", "show_alert", "url") if key in p} or {"text": ""}
    query.rev = b.world.touch()
    return True


def answer_pre_checkout_query(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    if not p["ok"] and not p.get("error_message"):
        raise bad_request("error message must be specified when the query is refused")
    query = b.queries.require(p["pre_checkout_query_id"], "checkout")
    query.answer = {"ok": p["ok"], "text": p.get("error_message", "")}
    query.rev = b.world.touch()
    return True


def answer_inline_query(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    if len(p["results"]) > INLINE_RESULTS_MAX:
        raise bad_request("RESULTS_TOO_MUCH")
    query = b.queries.require(p["inline_query_id"], "inline")
    query.answer = {"results": p["results"]}
    return True


HANDLERS: dict[str, Handler] = {
    "answerCallbackQuery": answer_callback_query,
    "answerPreCheckoutQuery": answer_pre_checkout_query,
    "answerInlineQuery": answer_inline_query,
}
