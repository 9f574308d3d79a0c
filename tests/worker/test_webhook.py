"""The webhook lets Telegram in and nobody else, and every update acts once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.worker.world import SECRET_HEADER, World, new_stranger, new_update_id

PATH = "/webhook/telegram"


def start_of(person: int, update_id: int):
    sender = {"id": person, "is_bot": False, "first_name": "Wanda"}
    chat = {"id": person, "type": "private", "first_name": "Wanda"}
    entities = [{"type": "bot_command", "offset": 0, "length": 6}]
    message = {"message_id": 1, "from": sender, "chat": chat, "date": 1_795_300_000, "text": "/start"}
    return {"update_id": update_id, "message": message | {"entities": entities}}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SECRET_HEADER: ""},
        {SECRET_HEADER: "wrong"},
        {SECRET_HEADER: "LOCAL-sandbox-webhook-secret-not-a-real-one"},
        {SECRET_HEADER: "local-sandbox-webhook-secret-not-a-real-one2"},
        {"Authorization": "Bearer local-sandbox-webhook-secret-not-a-real-one"},
    ],
    ids=["missing", "empty", "wrong", "other case", "longer", "another header"],
)
def test_without_the_secret_nothing_is_read_or_recorded(worker: World, headers):
    update_id, person = new_update_id(), new_stranger()
    answer = worker.http.post(PATH, json=start_of(person, update_id), headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert worker.count_updates(update_id) == 0
    assert worker.http.post(PATH, content=b"\xff not json", headers=headers).status_code == 401
    assert worker.stack.database.query("SELECT id FROM users WHERE telegram_id = ?", (str(person),)) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"update_id=1", b"[]", b'"text"', b"5", b"null", b"{}", b'{"update_id":"1"}', b"\xff\xfe{}", b"{" * 2000],
)
def test_what_is_not_an_update_is_a_bad_request(worker: World, body):
    answer = worker.http.post(PATH, content=body, headers=worker.secret())
    assert (answer.status_code, answer.content) == (400, b"")


def test_two_megabytes_are_too_large(worker: World):
    body = b'{"update_id":1,"x":"' + b"a" * 2_000_000 + b'"}'
    answer = worker.post_large(PATH, body, **worker.secret())
    assert (answer.status_code, answer.content) == (413, b"")
    pieces = (body[at : at + 65_536] for at in range(0, len(body), 65_536))
    answer = worker.http.post(PATH, content=pieces, headers=worker.secret())
    assert (answer.status_code, answer.content) == (413, b""), "a length that is not announced is counted"


@pytest.mark.parametrize(
    "body",
    [
        {"quantum_reaction": {"flavor": "charm"}},
        {},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "channel"}}},
        {"message_reaction": {"chat": {"id": 5}}},
    ],
    ids=["unknown kind", "no kind", "channel", "kind nobody asked for"],
)
def test_updates_of_no_concern_are_accepted_and_answered_by_silence(worker: World, body):
    mark = worker.mark()
    update_id = new_update_id()
    answer = worker.post_update({"update_id": update_id, **body})
    assert (answer.status_code, answer.content) == (200, b"")
    assert worker.count_updates(update_id) == 1
    assert worker.answers_to_people(mark) == []


def test_an_update_delivered_three_times_at_once_acts_once(worker: World):
    person = new_stranger()
    worker.say(person, "/start")  # now the stand-in knows the chat
    mark, update = worker.mark(), start_of(person, new_update_id())
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: worker.post_update(update).status_code, range(3)))
    answers.append(worker.post_update(update).status_code)
    assert answers == [200] * 4
    assert [call["parameters"].get("chat_id") for call in worker.answers_to_people(mark)].count(person) == 1


def test_other_methods_lead_nowhere(worker: World):
    assert worker.http.get(PATH, headers=worker.secret()).status_code in {404, 405}
