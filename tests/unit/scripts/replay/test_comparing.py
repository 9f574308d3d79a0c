"""Two documents are equal when their canonical JSON is, and where they are not one reads which place differs."""

from decimal import Decimal

from scripts.replay.comparing import SHOWN_MAX, Comparison, find_differences


def test_what_is_equal_is_counted_and_not_shown():
    comparison = Comparison()
    assert comparison.compare("decision", "a scan", {"b": 1, "a": Decimal("1.0")}, {"a": Decimal("1.0"), "b": 1})
    assert comparison.counts["decision"] == {"equal": 1}
    assert (comparison.shown, comparison.different) == ([], 0)


def test_equal_numbers_of_another_form_differ_since_bytes_count():
    comparison = Comparison()
    assert not comparison.compare("opportunity", "one", {"net": Decimal("1.0")}, {"net": Decimal("1.00")})
    (shown,) = comparison.shown
    assert (shown.path, shown.recorded, shown.replayed) == ("net", "1.0", "1.00")


def test_the_first_place_is_shown_and_the_others_are_counted():
    comparison = Comparison()
    recorded = {"legs": [{"price": 1.5, "side": "buy"}], "id": "x", "old": True}
    comparison.compare("opportunity", "one", recorded, {"legs": [{"price": 1.25, "side": "buy"}, {}], "id": "x"})
    (shown,) = comparison.shown
    assert (shown.path, shown.recorded, shown.replayed) == ("legs[0].price (and 2 more)", "1.5", "1.25")


def test_a_thing_that_is_only_on_one_side_differs():
    comparison = Comparison()
    comparison.compare("opportunity", "gone", {"id": "x"}, None)
    comparison.compare("opportunity", "new", None, {"id": "y"})
    assert [(one.recorded, one.replayed) for one in comparison.shown] == [
        ('{"id":"x"}', "nothing"),
        ("nothing", '{"id":"y"}'),
    ]


def test_of_many_differences_all_are_counted_and_a_few_are_shown():
    comparison = Comparison()
    for number in range(SHOWN_MAX + 5):
        comparison.compare("message", str(number), number, -1)
    assert comparison.different == SHOWN_MAX + 5
    assert len(comparison.shown) == SHOWN_MAX


def test_every_place_is_found():
    found = list(find_differences({"a": [1, {"b": None}], "c": 1}, {"a": [1, {"b": 0}, 2], "c": True}))
    assert [path for path, _, _ in found] == ["a[1].b", "a[2]", "c"]
