"""What the platform's events lead to. A new instance serves each event and nothing that can do I/O outlives it.

fetch      /webhook/telegram -> the bot          /api/... -> the API
scheduled  -> the cron table
queue      -> the consumers
alarm      -> the scan loop, in the one object that has it
"""

import functools
import logging
import uuid
from typing import Any
from urllib.parse import urlsplit

from arbedge import bootstrap
from arbedge.adapters.clock import WallClock
from arbedge.adapters.cloudflare.d1.instruments import KeptCatalogue
from arbedge.adapters.cloudflare.queues import decode_message
from arbedge.adapters.logging import configure_logging, request_id
from arbedge.app.services import Services
from arbedge.config import NAMES, Settings, load_settings
from arbedge.domain.budget import Host
from arbedge.entrypoints.appraiser import AppraisalLoop
from arbedge.entrypoints.cron import run_cron
from arbedge.entrypoints.http.envelope import choose_request_id, misconfigured_answer, too_large_answer
from arbedge.entrypoints.queues import consume
from arbedge.entrypoints.scanner import ScanLoop
from arbedge.entrypoints.telegram.screens.alert import render_alert
from arbedge.entrypoints.telegram.webhook import handle_webhook
from arbedge.errors import ConfigurationError
from arbedge.limits import API_BODY_BYTES_MAX
from arbedge.platform.env import read_environment
from arbedge.platform.fetch import FetchTransport
from arbedge.platform.http import has_body, make_response, serve, stream_body, watch_caller

WEBHOOK_PATH = "/webhook/telegram"

log = logging.getLogger(__name__)
_settings: Settings | None = None
_hosts: dict[str, Host] = {}
_catalogue = KeptCatalogue()


def _load_settings(env: Any) -> Settings:
    """Read and checked once an instance: a deployment's settings do not change under it."""
    global _settings  # noqa: PLW0603 - what an instance keeps is plain data
    if _settings is None:
        _settings = load_settings(read_environment(env, NAMES))
        configure_logging(_settings.log_level, _settings.secrets)
    return _settings


def _build(env: Any) -> Services:
    return bootstrap.build(env, _load_settings(env), FetchTransport(), WallClock(), _hosts, _catalogue)


async def fetch(env: Any, request: Any) -> Any:
    id_ = choose_request_id(request.headers.get("x-request-id"))
    request_id.set(id_)
    try:
        services = _build(env)
    except ConfigurationError as error:
        log.critical("misconfigured: %s", error)
        return make_response(*misconfigured_answer(error, id_))
    if urlsplit(str(request.url)).path == WEBHOOK_PATH and request.method == "POST":
        answer = await handle_webhook(services, request.headers, stream_body(request))
        return make_response(answer.status, answer.headers, answer.body)
    if not _is_bounded(request.headers.get("content-length"), has_body=has_body(request)):
        return make_response(*too_large_answer(id_))
    bind, api = _create_api()
    return await serve(bind(api, services, id_, watch_caller(request)), request, env)


def _is_bounded(content_length: str | None, *, has_body: bool) -> bool:
    """Whether a body is known to be small before the bridge takes all of it in; one of no stated length is not."""
    if content_length is None:
        return not has_body
    return content_length.isdecimal() and len(content_length) < 16 and int(content_length) <= API_BODY_BYTES_MAX


@functools.cache
def _create_api() -> tuple[Any, Any]:
    """Built on the first API request: FastAPI and pydantic cost more CPU than the platform allows at start-up."""
    from arbedge.entrypoints.http.api import bind, create_api  # noqa: PLC0415

    return bind, create_api()


async def scheduled(env: Any, cron: str, scheduled_at: int) -> None:
    request_id.set(f"cron-{scheduled_at}")
    await run_cron(_build(env), cron, scheduled_at)


def make_scan_loop(durable_object: Any) -> ScanLoop:
    """The loop over the object's own storage and bindings."""

    def build() -> Services:
        request_id.set(f"scanner-{uuid.uuid4().hex}")
        return _build(durable_object.env)

    return ScanLoop(durable_object.ctx.storage, build)


def make_appraisal_loop(durable_object: Any) -> AppraisalLoop:
    """The re-pricing over the object's own storage and bindings."""

    def build() -> Services:
        request_id.set(f"appraiser-{uuid.uuid4().hex}")
        return _build(durable_object.env)

    return AppraisalLoop(durable_object.ctx.storage, build)


async def queue(env: Any, batch: Any) -> None:
    request_id.set(f"queue-{uuid.uuid4().hex}")
    await consume(_build(env), batch, decode_message, render_alert)
