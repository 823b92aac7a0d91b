"""`insights-uploader doctor`: whether publish would work here, and if not, why."""

import contextlib
import copy
import io
import os
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from insights_uploader import doctor
from insights_uploader.cli import bad_values
from insights_uploader.cli.destination import SETTINGS, from_outside
from insights_uploader.cli.examination import ServerExamination
from insights_uploader.cli.hiding import authorization, hidden
from insights_uploader.cli.jira_examination import jira_checks
from insights_uploader.cli.planning import settled
from insights_uploader.cli.settling import Settled, origins_text
from insights_uploader.cli.speaking import deliver, say
from insights_uploader.credentials import Secrets
from insights_uploader.doctor import Check, Status, attempted, skipped
from insights_uploader.inputs.plugins import installed
from insights_uploader.model.errors import CheckoutError, InsightsError, UsageError
from insights_uploader.preview.plain import plain
from insights_uploader.preview.stored import as_json
from insights_uploader.repository.checkout import Checkout
from insights_uploader.repository.git import Git

_OWN_DEFAULTS = {"tries": 1, "deadline": 60}
"""What fails now and then is to be seen, and soon."""
_QUIET = (Status.PASSED, Status.SKIPPED)
_WRONG = f"{__name__}.wrong"
"""Where a context keeps what is wrong with a variable."""


class _Doctor(click.Command):
    """Takes a variable with a wrong value for something to tell of, and leaves it out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, list(args))
        except click.BadParameter as error:
            name = bad_values.variable(error)
            if name is None:
                raise
            ctx.meta.setdefault(_WRONG, f"{name}: {bad_values.reason(error)}")
            self.params = [_unset(each) if each is error.param else each for each in self.params]
        return self.parse_args(ctx, args)


@click.command("doctor", cls=_Doctor)
@click.option("--json", "is_json", is_flag=True, help="As JSON.")
def command(is_json: bool, **options: Any) -> int:
    """Check the settings, the checkout, the server, the token, the commit and its pull request.

    With --to jira-builds or jira-devinfo, check the login at Jira, too.

    Give it the options of publish without RESULTS. It changes nothing, there or here. The exit code
    is 0 unless a check failed; then it is the one that publish would end with.
    """
    settings, first = _settings(options)
    with contextlib.suppress(UsageError):  # the examination of the server tells of it
        authorization(settings["token_file"])
    done: list[Check] = []
    for check in _checks(settings, first):
        done.append(_masked(check, hidden()))
        if not is_json and not (settings["quiet"] and check.status in _QUIET):
            say(_text(done[-1]))
    counts = {str(status): sum(each.status is status for each in done) for status in Status}
    if is_json:
        deliver(as_json({"checks": done, "counts": counts}), None, "")
    elif not settings["quiet"]:
        say(", ".join(f"{number} {status}" for status, number in counts.items() if number))
    return doctor.exit_code(done)


def _unset(option: click.Parameter) -> click.Parameter:
    own = copy.copy(option)
    own.envvar = None
    return own


def _for_doctor(option: click.Parameter) -> click.Parameter:
    own = copy.copy(option)
    own.default = _OWN_DEFAULTS.get(option.name or "", option.default)
    return own


command.params += map(_for_doctor, SETTINGS)


def _checks(settings: Settled, first: Check) -> Iterator[Check]:
    yield first
    yield doctor.ci(settings.build)
    yield doctor.plugins(installed())
    checkout: Checkout | None = None
    try:
        checkout = Checkout(settings["checkout"], os.environ)
    except CheckoutError as error:
        yield doctor.failed("checkout", error)
        yield skipped("files", "there is no checkout")
    if checkout is not None:
        yield from attempted("checkout", lambda: _checkout(checkout))
        yield from attempted("files", lambda: _files(settings, checkout))
    yield from ServerExamination(settings, checkout, io.BytesIO()).checks()
    yield from jira_checks(settings)
    yield doctor.limit(settings["max_annotations"])
    yield skipped(
        "merge-checks",
        "no documented address tells which reports the repository requires: compare them with the "
        f"keys, which begin with {settings['key']}.",
    )


def _settings(options: dict[str, Any]) -> tuple[Settled, Check]:
    """All settings, or where they cannot be had those that are known; and what to say of them."""
    try:
        settings = settled(options)
    except CheckoutError:
        words = (
            "there is no checkout with a settings file; the command line and the environment count"
        )
        return from_outside(options), skipped("settings", words)
    except InsightsError as error:
        return from_outside(options), doctor.failed("settings", error)
    wrong = click.get_current_context().meta.get(_WRONG)
    if wrong is not None:
        return settings, doctor.failed("settings", UsageError("bad-variable", wrong))
    title, *lines = origins_text(msgspec.structs.replace(settings, build=None)).splitlines()
    details = [doctor.without_userinfo(line.strip()) for line in lines]
    file = f"the file is {settings.file}" if settings.file else "there is no settings file"
    words = (
        f"{file}; all is by default but"
        if details
        else f"{file}; {title.removeprefix('settings: ')}"
    )
    return settings, doctor.passed("settings", words, details)


def _checkout(checkout: Checkout) -> Iterator[Check]:
    git = Git(checkout.root, os.environ)
    words = f"{checkout.root} is at {checkout.head.id}"
    if git.word("rev-parse", "--is-shallow-repository") == "true":
        words += "; the clone is shallow"
    if len(checkout.head.parents) > 1:
        words += f", a merge of {' and '.join(checkout.head.parents)}"
    yield doctor.passed("checkout", words)


def _files(settings: Settled, checkout: Checkout) -> Iterator[Check]:
    if settings["changes"] != "committed":
        yield skipped("files", f"--changes {settings['changes']} takes what is not committed too")
    else:
        yield doctor.files(checkout.modified())


def _masked(check: Check, secrets: Secrets) -> Check:
    return msgspec.structs.replace(
        check,
        words=secrets.masked(check.words),
        remedy=secrets.masked(check.remedy),
        details=[secrets.masked(each) for each in check.details],
    )


def _text(check: Check) -> str:
    lines = [f"{check.status:<11}  {check.name}: {check.words}", *check.details, check.remedy]
    first, *more = (plain(line) for line in lines if line)
    return "\n".join([first, *(f"{'':13}{line}" for line in more)])
