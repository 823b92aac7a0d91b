"""A ledger's counts always add up, and say so when they do not."""

import pytest

from insights_uploader.model.ledger import Disposition, Ledger

FIVE = Ledger(
    parsed=4,
    derived=1,
    dispositions={Disposition.PUBLISHED: 2, Disposition.RELOCATED: 1, Disposition.OFF_DIFF: 2},
)


def test_what_a_reviewer_sees_is_published() -> None:
    shown = {d.value for d in Disposition if d.is_published}
    assert shown == {"published", "relocated", "report-level"}
    assert FIVE.published == 3


def test_dispositions_stand_in_the_order_in_which_they_are_tested() -> None:
    assert [d.value for d in Disposition] == [
        "path-unresolved",
        "off-diff",
        "suppressed",
        "ignored",
        "duplicate",
        "in-baseline",
        "over-cap",
        "invalid",
        "published",
        "relocated",
        "report-level",
    ]


@pytest.mark.parametrize(
    ("ledger", "balanced"),
    [
        (Ledger(), True),  # nothing was read
        (FIVE, True),  # 2 + 1 + 2 = 4 + 1
        (Ledger(parsed=1), False),  # a finding without an end
        (Ledger(dispositions={Disposition.PUBLISHED: 1}), False),  # an end without a finding
    ],
)
def test_a_ledger_balances_when_every_finding_has_one_end(ledger: Ledger, balanced: bool) -> None:
    assert ledger.balanced is balanced


def test_moving_keeps_the_balance_and_drops_empty_counts() -> None:
    moved = FIVE.moved(Disposition.PUBLISHED, Disposition.OVER_CAP, 2)
    assert moved.balanced
    assert moved.dispositions == {
        Disposition.RELOCATED: 1,
        Disposition.OFF_DIFF: 2,
        Disposition.OVER_CAP: 2,
    }
    assert FIVE.count(Disposition.PUBLISHED) == 2  # the first one is untouched


def test_more_than_there_are_cannot_be_moved() -> None:
    with pytest.raises(ValueError, match="only 2 findings are published, cannot move 3"):
        FIVE.moved(Disposition.PUBLISHED, Disposition.INVALID, 3)


def test_a_sum_counts_both() -> None:
    total = FIVE.plus(Ledger(parsed=3, dispositions={Disposition.OFF_DIFF: 3}))
    assert (total.parsed, total.derived, total.balanced) == (7, 1, True)
    assert (total.count(Disposition.OFF_DIFF), total.published) == (5, 3)
