"""The receipt: what a run decided, and what the server was seen to hold."""

from collections.abc import Sequence
from pathlib import Path

from insights_uploader.cli.speaking import deliver
from insights_uploader.plan.plan import Plan
from insights_uploader.publish import Confirmed


def keep_receipt(
    path: Path | None,
    plan: Plan,
    confirmed: Sequence[Confirmed] = (),
    deleted: Sequence[str] = (),
    error: str | None = None,
) -> None:
    """Write the receipt to the file that the user asked for; without one do nothing.

    Raises:
        UsageError: the file cannot be written.
    """
    if path is None:
        return
    from insights_uploader.plan.schema import receipt

    reports = [{name: getattr(c, name) for name in c.__struct_fields__} for c in confirmed]
    deliver(receipt(plan, reports, deleted, error), path, "--receipt")
