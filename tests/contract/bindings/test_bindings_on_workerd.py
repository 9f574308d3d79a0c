"""The binding contract inside workerd: the same cases, over HTTP, on the runtime's own bindings."""

from collections.abc import Iterator

import pytest

from tests.contract.bindings.differences import check_outcome
from tests.contract.bindings.live_worker import LiveWorker
from tests.contract.bindings.suites import CASES


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveWorker]:
    with LiveWorker(tmp_path_factory.mktemp("binding_contract")) as running:
        yield running


@pytest.mark.parametrize("name", CASES)
def test_workerd(worker: LiveWorker, name: str) -> None:
    check_outcome("workerd", name, worker.run(name))


def test_both_sides_run_the_same_cases(worker: LiveWorker) -> None:
    assert worker.cases() == sorted(CASES)
