"""The list of opportunities as a stream of server-sent events, resumed where a connection broke off.

The first read is done before the answer begins, so that a database that is down is a plain 503.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.sse import format_sse_event
from msgspec import Struct
from pydantic import ConfigDict, Field
from starlette.types import Receive, Scope, Send

from arbedge.app.stream import Event, Listed, Listener, Silence, parse_place
from arbedge.domain.permissions import get_rights
from arbedge.entrypoints.http.auth import Reader
from arbedge.entrypoints.http.documents import SECURED, describe_responses
from arbedge.entrypoints.http.envelope import JSON, encode
from arbedge.entrypoints.http.event import Ports, find_is_gone
from arbedge.entrypoints.http.failures import ApiError
from arbedge.entrypoints.http.opportunities import choose_filter
from arbedge.entrypoints.http.queries import FilterQuery
from arbedge.entrypoints.http.schemas import REF_TEMPLATE, StreamLeft, StreamSnapshot, summarise
from arbedge.errors import StoreUnavailable
from arbedge.limits import STREAM_MS_MAX, STREAM_POLL_MS, STREAM_RETRY_MS, STREAMS_OF_PERSON_MAX

router = APIRouter(tags=["opportunities"])

EVENT_STREAM: Final = "text/event-stream"
_SECOND_MS: Final = 1000
_RETRY_AFTER_S: Final = 30
_EVENTS: Final = {
    "snapshot": "StreamSnapshot",
    "opened": "OpportunityView",
    "changed": "OpportunityView",
    "ended": "OpportunityView",
    "left": "StreamLeft",
}


def _describe_event(name: str, data: str) -> dict[str, Any]:
    content = {"type": "string", "contentMediaType": JSON, "contentSchema": {"$ref": REF_TEMPLATE.format(name=data)}}
    fields = {"event": {"const": name}, "id": {"type": "string"}, "data": content}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


_ANSWER: Final[dict[str, Any]] = {
    "description": (
        "Server-sent events; the schema is that of each. `snapshot`, then `opened` and `changed` (the opportunity as"
        " it is now: keep it by its id), `ended` and `left` (forget it). Sent back as `Last-Event-ID`, an `id` goes on"
        " from there; where that cannot be done, or was more than an hour ago, a `snapshot` comes again. Comments keep"
        " the connection alive."
    ),
    "content": {EVENT_STREAM: {"schema": {"oneOf": [_describe_event(*one) for one in _EVENTS.items()]}}},
}


class StreamQuery(FilterQuery):
    """What to listen for, and how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    duration_s: Annotated[
        int, Field(ge=1, le=STREAM_MS_MAX // _SECOND_MS, description="When to end; come back then to go on.")
    ] = STREAM_MS_MAX // _SECOND_MS


def render_event(event: Event, limit: int) -> bytes:
    """One event on the wire. Silence is a comment with an id, which a client keeps and tells nobody about."""
    id_ = str(event.place)
    if isinstance(event, Silence):
        return format_sse_event(comment="alive", id=id_)
    if isinstance(event, Listed):
        items = [summarise(item) for item in event.items]
        data: Struct = StreamSnapshot(items, event.is_cut, limit, event.mode, event.at)
        return format_sse_event(event="snapshot", id=id_, data_str=encode(data).decode())
    data = StreamLeft(event.item.id) if event.kind == "left" else summarise(event.item)
    return format_sse_event(event=event.kind, id=id_, data_str=encode(data).decode())


class EventStream(Response):
    """Sends events as they come, each once the one before has been taken.

    When nobody listens any more there is no last message: it could not be sent, and would be waited for. `end` is
    awaited at the end, however that comes.
    """

    media_type = EVENT_STREAM

    def __init__(self, events: AsyncGenerator[Event], limit: int, end: Callable[[], Awaitable[None]]) -> None:
        super().__init__(headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._events = events
        self._limit = limit
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own form
        try:
            await self._send_events(scope, send)
        finally:
            await self._end()

    async def _send_events(self, scope: Scope, send: Send) -> None:
        is_gone = find_is_gone(scope)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        more = {"type": "http.response.body", "more_body": True}
        await send({**more, "body": format_sse_event(retry=STREAM_RETRY_MS)})
        async with aclosing(self._events) as events:
            async for event in events:
                await send({**more, "body": render_event(event, self._limit)})
        if not is_gone():
            await send({"type": "http.response.body", "body": b""})


@router.get(
    "/opportunities/stream",
    summary="Changes of the open opportunities, as they happen",
    response_class=Response,
    responses={**describe_responses(StreamSnapshot, 401, 403, 413, 422, 429, 503), 200: _ANSWER},
    openapi_extra=SECURED,
)
async def get_stream(
    request: Request,
    services: Ports,
    person: Reader,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[
        str | None, Header(description="The `id` of the last event you have; without it the list comes first.")
    ] = None,
) -> Response:
    """The same list as `/opportunities`: what the plan shows, filtered the same way, and told when it has moved.

    `changed` means that the net edge has moved by 1 bps since it was told last, at most every 20 s. News is looked for
    every 5 s. The connection ends after `duration_s`; a client that comes back with its last id misses nothing. You may
    have five open at once.
    """
    if request.scope["is_head"]:
        return Response(media_type=EVENT_STREAM)
    limit, now = get_rights(person).list_limit, services.clock.now_ms()
    listener = Listener(services, person, choose_filter(person, query), limit, parse_place(last_event_id, now))
    until = now + query.duration_s * _SECOND_MS
    place = await services.streams.open(person.id, until + STREAM_POLL_MS, now)
    if place is None:
        message = f"You have {STREAMS_OF_PERSON_MAX} streams open already: end one of them first."
        raise ApiError(429, "too_many_streams", message, headers={"retry-after": str(_RETRY_AFTER_S)})

    async def give_back() -> None:
        with suppress(StoreUnavailable):  # then the place is free when its time is over
            await services.streams.close(place)

    try:
        first = await listener.read()
    except BaseException:
        await give_back()
        raise
    return EventStream(listener.follow(first, until, find_is_gone(request.scope)), limit, give_back)
