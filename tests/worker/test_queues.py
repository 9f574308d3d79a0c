"""Queues on the real broker: what nobody can handle is kept where an admin sees it, and holds nothing up.

The platform offers no local door for putting a message into a queue from outside, so messages of an unknown version
are proved on the twins and their semantics in the binding contract. Here a message loses what it speaks of instead.
"""

from tests.worker.world import World, new_stranger

ORPHAN = "0123456789abcdef"
# It ended long ago, so that no scan takes it for one of its own.
COPY_AN_OPPORTUNITY = """
INSERT INTO opportunities
  (id, key, type, asset, status, mode, net_bps, detected_at, updated_at, ended_at, revision, payload)
SELECT ?, ?, type, asset, 'expired', mode, net_bps, detected_at, updated_at, 1, revision,
  json_set(payload, '$.id', ?, '$.key', ?)
FROM opportunities WHERE ended_at IS NULL LIMIT 1"""


def test_a_message_about_nothing_becomes_a_dead_letter_and_holds_nothing_up(worker: World):
    person, asset = new_stranger(), worker.take_asset()
    worker.say(person, "/start")
    query = worker.stack.database.query
    query(COPY_AN_OPPORTUNITY, (ORPHAN, ORPHAN, ORPHAN, ORPHAN))
    with worker.gap(asset):
        worker.scan()  # announces the orphan as well, whose row is gone before its batch is due
        query("DELETE FROM opportunities WHERE id = ?", (ORPHAN,))
        letters = worker.until(
            lambda: query("SELECT queue, body, error, attempts FROM dead_letters WHERE body LIKE ?", (f"%{ORPHAN}%",)),
            "a dead letter",
        )
        assert [(letter["queue"], letter["attempts"]) for letter in letters] == [("opportunities", 1)]
        assert ORPHAN in letters[0]["error"]
        worker.scan_until_open(asset)
        worker.until(lambda: worker.alerts(person, asset), "the alert of the next opportunity")


def test_a_refused_send_is_tried_again_and_the_alert_arrives_once(worker: World):
    person, asset = new_stranger(), worker.take_asset()
    worker.say(person, "/start")
    with worker.gap(asset):
        with worker.broken("telegram", "status", 500, path=f"sendMessage:{person}"):
            worker.scan_until_open(asset)
            worker.until(lambda: waiting(worker, person), "a delivery that failed and waits")
            assert worker.alerts(person, asset) == []
        worker.until(lambda: worker.alerts(person, asset), "the alert after the outage", timeout_s=30)
        worker.until(lambda: not waiting(worker, person), "all deliveries of this person", timeout_s=30)
    buttons = [str(call["parameters"]["reply_markup"]) for call in worker.alerts(person, asset)]
    assert len(buttons) == len(set(buttons))


def waiting(worker: World, person: int):
    return worker.stack.database.query(
        "SELECT error FROM deliveries WHERE chat_id = ? AND state <> 'sent' AND attempts > 0", (str(person),)
    )
