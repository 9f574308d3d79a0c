"""The OpenAPI document and the page that shows it, both without anything from another host."""

from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from arbedge.entrypoints.http.envelope import API_PREFIX, JSON
from arbedge.entrypoints.http.schemas import REF_TEMPLATE, describe_answers

TITLE: Final = "ArbEdge API"
VERSION: Final = "1.0.0"
DESCRIPTION: Final = (
    "Arbitrage between Binance, Bybit and OKX, worth stated after every cost. Amounts are decimal strings, "
    "`*_bps` are numbers, times are epoch milliseconds UTC. Every number says where it comes from and how old it is."
)
SECURITY_SCHEMES: Final[dict[str, Any]] = {
    "miniApp": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`tma <initData>`: the signed data a Telegram Mini App is opened with, at most 24 hours old.",
    },
    "seededPerson": {
        "type": "apiKey",
        "in": "header",
        "name": "X-User-ID",
        "description": "The id of a seeded person; only where ENVIRONMENT is dev or test.",
    },
    "metricsToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "`Bearer <METRICS_TOKEN>`: the deployment's own token; it opens the metrics and nothing else.",
    },
}
SECURED: Final[dict[str, Any]] = {"security": [{"miniApp": []}, {"seededPerson": []}]}

DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DOCS_PAGE: Final = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{TITLE}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<link rel="stylesheet" href="/docs.css">
<script src="/docs.js" type="module"></script>
</head>
<body data-openapi="{API_PREFIX}/openapi.json">
<a class="skip" href="#main">Skip to content</a>
<header class="top"><a class="brand" href="/">ArbEdge</a><nav><a href="/">Status</a>
<a href="{API_PREFIX}/openapi.json">openapi.json</a></nav></header>
<main id="main"><h1>{TITLE}</h1><p id="message" role="status">Loading the description of the API…</p></main>
<noscript><p class="notice">This page needs JavaScript; the same is written in
<a href="{API_PREFIX}/openapi.json">openapi.json</a>.</p></noscript>
</body>
</html>
"""

_STATUS_TEXTS: Final[dict[int, str]] = {
    400: "The body is not JSON, or the cursor was not given by this list.",
    401: "Nobody known is asking.",
    403: "The plan or role does not include this, or the session was ended.",
    404: "There is no such thing.",
    413: "The body is too large.",
    422: "One or more fields cannot be used; each is named.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The database or every source did not answer; `Retry-After` says when to try again.",
}


def describe_responses(answer: type, *failures: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: what it sends when all is well, and which refusals it may give."""

    def content(name: str) -> dict[str, Any]:
        return {JSON: {"schema": {"$ref": REF_TEMPLATE.format(name=name)}}}

    found: dict[int | str, dict[str, Any]] = {200: {"description": "Success.", "content": content(answer.__name__)}}
    for status in failures:
        found[status] = {"description": _STATUS_TEXTS[status], "content": content("FailureAnswer")}
    return found


def install_documents(api: FastAPI) -> None:
    def build() -> dict[str, Any]:
        if api.openapi_schema is None:
            document = get_openapi(
                title=TITLE,
                version=VERSION,
                description=DESCRIPTION,
                routes=api.routes,
                openapi_version="3.1.0",
            )
            components = document.setdefault("components", {})
            components["schemas"] = {**components.get("schemas", {}), **describe_answers()}
            components["securitySchemes"] = SECURITY_SCHEMES
            api.openapi_schema = document
        return api.openapi_schema

    api.openapi = build

    @api.get(f"{API_PREFIX}/docs", include_in_schema=False)
    async def show_docs() -> Response:
        headers = {"content-security-policy": DOCS_POLICY, "cache-control": "no-cache"}
        return Response(DOCS_PAGE, media_type="text/html", headers=headers)

    assert show_docs
