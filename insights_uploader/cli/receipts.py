"""The receipt: what a run decided, and what the server was seen to hold."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insights_uploader.cli.hiding import hidden
from insights_uploader.cli.speaking import deliver
from insights_uploader.model.errors import UsageError
from insights_uploader.plan.plan import Plan

if TYPE_CHECKING:  # a run that sends nothing needs none of what sends
    from insights_uploader.delivering import Sent
    from insights_uploader.publish import Confirmed


def clear_receipt(path: Path) -> None:
    """Take an older run's receipt away, so that none of another commit is taken for this run's.

    A link goes and not what it leads to: in a checkout it is the pull request's author's.

    Raises:
        UsageError: no receipt could be written there.
    """
    if path.is_dir() or path.is_fifo():
        kind = "folder" if path.is_dir() else "pipe"
        raise UsageError("unwritable", f"--receipt {path}: is a {kind}", "Name a file.")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(
            "unwritable",
            f"--receipt {path}: its folder is not there or not writable",
            "Make the folder first; nothing was sent.",
        )
    is_device = path.absolute().parent.is_relative_to("/dev")  # as /dev/stdout, which is a link
    with contextlib.suppress(OSError):
        if not is_device and (path.is_symlink() or path.is_file()):
            path.unlink()


def keep_receipt(
    path: Path | None,
    plan: Plan,
    confirmed: "Sequence[Confirmed]" = (),
    deleted: Sequence[str] = (),
    sent: "Sequence[Sent]" = (),
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
    destinations = [_sent(each) for each in sent]
    error = error or next((each.error.message for each in sent if each.error), None)
    content = receipt(plan, reports, deleted, destinations, error).decode()
    # results and servers may repeat a secret anywhere
    deliver(hidden().masked_json(content).encode(), path, "--receipt")


def _sent(sent: "Sent") -> Mapping[str, Any]:
    return {
        "destination": sent.destination,
        "optional": sent.optional,
        "error": sent.error.message if sent.error else None,
        "details": dict(sent.delivery.details) if sent.delivery else {},
        "warnings": list(sent.delivery.warnings) if sent.delivery else [],
    }
