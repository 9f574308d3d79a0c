"""Validates the parameters of every Bot API method against aiogram's models, and more strictly than they do:
unknown parameters are refused at every depth, and keyboards by the class their key names."""

import asyncio
import functools
import json
import threading
import types
import typing
from typing import Any

from scripts.sandbox.telegram.errors import ApiError, bad_request
from scripts.sandbox.telegram.keyboards import MARKUP_KINDS, check_rows, markup_kind
from scripts.sandbox.telegram.wire import Call

MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "url": "URL must be specified",
}
"""Telegram's words for a required parameter that was left out."""
_JSON_TYPE = {"string_type": "String", "list_type": "Array", "dict_type": "Object", "model_type": "Object"}


@functools.cache
def _models() -> dict[str, Any]:
    """aiogram's method classes by lower-case name. The import takes seconds, so it is put off to here."""
    from aiogram import methods  # noqa: PLC0415
    from aiogram.methods.base import TelegramMethod  # noqa: PLC0415

    classes = [getattr(methods, name) for name in methods.__all__]
    return {
        c.__api_method__.lower(): c
        for c in classes
        if isinstance(c, type) and issubclass(c, TelegramMethod) and c is not TelegramMethod
    }


def preload() -> None:
    """Starts the slow import in the background, so that the first call does not wait for all of it.

    The thread is no daemon: an interpreter that ends in the middle of an import aborts.
    """
    threading.Thread(target=_models, name="bot-api-models").start()


async def ready() -> None:
    """Waits for the models without holding up the event loop."""
    await asyncio.to_thread(_models)


def method_name(path: str) -> str:
    """The canonical spelling of a method; names are case-insensitive on the wire."""
    model = _models().get(path.lower())
    if model is None:
        raise ApiError(404, "Not Found: method not found")
    return str(model.__api_method__)


def check_call(method: str, call: Call) -> dict[str, Any]:
    """Gives the parameters as plain JSON values of the right types, uploads left out; raises Telegram's refusal."""
    model = _models()[method.lower()]
    given = {name: value for name, value in call.parameters.items() if value is not None}
    for name in [*given, *call.uploads]:
        if name not in model.model_fields and not _is_attachment(name, call):
            raise bad_request(f'unknown parameter "{name}" of method {method}')
    if call.textual:
        given = {name: _from_text(model.model_fields[name].annotation, value) for name, value in given.items()}
    markup = _check_markup_shape(given, model)
    checked = _validate(model, {**given, **_input_files(model, call)})
    _refuse_extra(checked, method)
    plain: dict[str, Any] = checked.model_dump(
        mode="json", by_alias=True, exclude_unset=True, exclude=set(call.uploads) | {"reply_markup"}, warnings=False
    )
    if markup is not None:
        plain["reply_markup"] = markup
    return {name: value for name, value in plain.items() if value is not None}


def _is_attachment(name: str, call: Call) -> bool:
    """A multipart part may have any name when a parameter refers to it as `attach://name`."""
    return name in call.uploads and any(f"attach://{name}" in str(value) for value in call.parameters.values())


def _input_files(model: Any, call: Call) -> dict[str, Any]:
    if not call.uploads:
        return {}
    from aiogram.types import BufferedInputFile  # noqa: PLC0415

    return {
        name: BufferedInputFile(upload.content, upload.file_name)
        for name, upload in call.uploads.items()
        if name in model.model_fields
    }


def _from_text(annotation: Any, value: Any) -> Any:
    """Values of forms are text; what is not a string in the model is JSON inside it."""
    members = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    if not isinstance(value, str) or str in members:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _check_markup_shape(given: dict[str, Any], model: Any) -> dict[str, Any] | None:
    markup = given.get("reply_markup")
    if markup is None:
        return None
    from aiogram import types as models  # noqa: PLC0415

    kind = markup_kind(markup)
    if kind != "inline_keyboard" and "ReplyKeyboardMarkup" not in str(model.model_fields["reply_markup"].annotation):
        raise bad_request("inline keyboard expected")
    if kind == "keyboard" and isinstance(markup["keyboard"], list):
        rows = [
            [{"text": b} if isinstance(b, str) else b for b in row] if isinstance(row, list) else row
            for row in markup["keyboard"]
        ]
        markup = {**markup, "keyboard": rows}
    if kind in ("inline_keyboard", "keyboard"):
        check_rows(markup[kind], kind.replace("_", " "))
    checked = _validate(getattr(models, MARKUP_KINDS[kind]), markup)
    _refuse_extra(checked, "reply_markup")
    given["reply_markup"] = checked
    return dict(checked.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True))


def _validate(model: Any, values: dict[str, Any]) -> Any:
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        return model.model_validate(values)
    except ValidationError as failure:
        first = failure.errors(include_url=False)[0]
        path = [str(step) for step in first["loc"]]
        name = path[0] if path else "request"
        if first["type"] == "missing" and len(path) == 1:
            raise bad_request(MISSING.get(name, f'parameter "{name}" is required')) from None
        if first["type"] == "missing":
            raise bad_request(f"can't find field {'.'.join(path)}") from None
        expected = _JSON_TYPE.get(first["type"])
        reason = f"must be of type {expected}" if expected else first["msg"]
        raise bad_request(f'field "{".".join(path)}" {reason}') from None


def _refuse_extra(value: Any, where: str) -> None:
    """Walks what was set; aiogram keeps fields it does not know in `model_extra`, Telegram would not see them."""
    if isinstance(value, (list, tuple)):
        for item in value:
            _refuse_extra(item, where)
    elif hasattr(value, "model_fields_set"):
        if value.model_extra:
            raise bad_request(f'unknown field "{next(iter(value.model_extra))}" in {where}')
        for name in value.model_fields_set:
            _refuse_extra(getattr(value, name, None), f"{where}.{name}")
