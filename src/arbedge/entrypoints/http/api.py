"""The HTTPS API as one ASGI application, built once and bound to the ports of each event."""

from fastapi import FastAPI
from starlette.middleware import Middleware

from arbedge.entrypoints.http import analysis, health, market, metrics, opportunities, public, similar, simulate, stream
from arbedge.entrypoints.http.documents import TITLE, VERSION, install_documents
from arbedge.entrypoints.http.envelope import API_PREFIX
from arbedge.entrypoints.http.event import bind
from arbedge.entrypoints.http.failures import install_failures
from arbedge.entrypoints.http.frame import Frame

__all__ = ["bind", "create_api"]


def create_api() -> FastAPI:
    """The application without any port; `bind` gives it those of one event."""
    api = FastAPI(
        title=TITLE,
        version=VERSION,
        openapi_url=f"{API_PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Frame)],
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    install_failures(api)
    install_documents(api)
    # The stream comes before the route that would take its name for an id.
    for routes in (health, metrics, public, stream, opportunities, similar, simulate, market, analysis):
        api.include_router(routes.router, prefix=API_PREFIX)
    return api
