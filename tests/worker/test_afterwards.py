"""Looks back on the whole session, provoked errors included: no secret got out, nothing crashed, no call was refused.

These tests come last, whatever the order of the others.
"""

import base64
import gzip
from collections.abc import Iterator
from urllib.parse import quote

from tests.worker.world import World, new_stranger, new_update_id


def provoke_errors(worker: World) -> None:
    """What tempts code into telling an address, and with it the token."""
    person = new_stranger()
    worker.say(person, "/start")
    for kind in ("reset", "html", "malformed", "status"):
        with worker.broken("telegram", kind, 502 if kind == "status" else None):
            worker.deliver({"update": make_text(person, "/status")})
            worker.scan()
    worker.http.post("/webhook/telegram", content=b"\xff", headers=worker.secret())
    for name, value in (*worker.secret().items(), ("Authorization", f"Bearer {worker.stack.webhook_secret}")):
        headers = {"X-User-ID": "user_free_123", name: value}
        answer = worker.http.get("/api/v1/opportunities", params={"cursor": worker.stack.bot_token}, headers=headers)
        assert 400 <= answer.status_code < 500


def make_text(person: int, text: str):
    sender = {"id": person, "is_bot": False, "first_name": "Wanda"}
    chat = {"id": person, "type": "private", "first_name": "Wanda"}
    entity = {"type": "bot_command", "offset": 0, "length": len(text)}
    message = {"message_id": 1, "date": 1_795_300_000, "from": sender, "chat": chat, "text": text}
    return {"update_id": new_update_id(), "message": message | {"entities": [entity]}}


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it may appear: plain, encoded, or only its beginning."""
    raw = secret.encode()
    yield from (raw, quote(secret, safe="").encode(), raw.hex().encode(), raw.hex().upper().encode(), raw[:8])
    for lead in range(3):  # base64 depends on what stands before; the ends mix with their neighbours
        yield base64.b64encode(b"x" * lead + raw)[4:-4]


def needles(worker: World) -> set[bytes]:
    """The number before the colon is the bot's public id, so the token's secret begins behind it."""
    token, webhook, metrics = worker.stack.bot_token, worker.stack.webhook_secret, worker.stack.metrics_token
    secrets = (token.partition(":")[2], webhook, metrics)
    return {quote(token, safe="").encode(), *(form for secret in secrets for form in forms(secret))}


def kept_things(worker: World) -> Iterator[tuple[str, bytes]]:
    """Everything that the Worker has written or said, by where it is."""
    yield "log", worker.stack.log_path.read_bytes()
    for number, answer in enumerate(worker.answers):
        yield f"answer {number}", answer
    query = worker.stack.database.query
    tables = [row["name"] for row in query("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        if not table.startswith("_cf_"):
            yield f"table {table}", repr(query(f"SELECT * FROM {table}")).encode()
    explorer = "/cdn-cgi/local/explorer/api"
    keys = worker.http.get(f"{explorer}/storage/kv/namespaces/local-kv/keys").json()["result"]
    for key in keys:
        name = quote(key["name"], safe="")
        yield (
            f"KV {key['name']}",
            worker.http.get(f"{explorer}/storage/kv/namespaces/local-kv/values/{name}").content,
        )
    objects = worker.http.get(f"{explorer}/r2/buckets/arbedge-lake/objects").json()["result"]
    for one in objects:
        body = worker.http.get(f"{explorer}/r2/buckets/arbedge-lake/objects/{quote(one['key'], safe='')}").content
        yield f"R2 {one['key']}", gzip.decompress(body) if one["key"].endswith(".gz") else body
    for call in worker.calls():
        yield f"Bot API call {call['id']}", repr(call["parameters"]).encode()


def test_no_secret_is_kept_or_told_anywhere(worker: World):
    provoke_errors(worker)
    searched = needles(worker)
    places: set[str] = set()
    for place, content in kept_things(worker):
        places.add(place.split()[0])
        found = [needle for needle in searched if needle in content]
        assert not found, f"{place} holds {found}"
    assert places == {"log", "answer", "table", "KV", "R2", "Bot"}
    for store in ("d1", "kv", "r2"):  # the local tools' own traces hold the addresses of all requests
        for path in (worker.stack.persist_dir / "v3" / store).rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert not [needle for needle in searched if needle in content], path


def test_the_search_would_find_a_secret(worker: World):
    token = worker.stack.bot_token
    url = f"https://api.example/bot{token}/getMe"
    for text in (url, quote(url, safe=""), url.encode().hex(), base64.b64encode(url.encode()).decode()):
        assert any(needle in text.encode() for needle in needles(worker))


def test_the_runtime_never_crashed_and_no_call_to_telegram_was_malformed(worker: World):
    assert not worker.stack.has_crashed()
    refused = worker.sandbox.get("/_control/telegram/refused").json()["calls"]
    ours = [call for call in refused if call["error_code"] < 500 and call["error_code"] != 429]
    assert ours == [], "the rest are failures that tests asked for, and the pace that Telegram keeps"
