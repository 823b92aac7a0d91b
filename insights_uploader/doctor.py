"""What doctor says of the facts that it is given. Pure; whoever calls gathers them."""

import datetime as dt
import email.utils
import enum
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from insights_uploader.ci.build import Build
from insights_uploader.inputs.plugins import Plugins
from insights_uploader.model.errors import ExitCode, InsightsError

if TYPE_CHECKING:  # a run without a server needs none of its libraries
    from insights_uploader.destinations.bitbucket_dc.pull_requests import PullRequest

_NAMED = 5
_FIRST_VERSION = (5, 15)  # with Code Insights
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})(?:[.-].{0,50})?", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_MAX_SKEW_S = 30  # well-kept clocks differ by less than one second
_SLOW_S = 5.0
_DEFAULT_LIMIT = 1000  # annotations per report, as Atlassian ships it
_REQUESTS = 14  # of one report with 1000 annotations: read, delete, put, ten posts, read back


class Status(enum.StrEnum):
    """How a check ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "not checked"


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the diagnosis.

    Attributes:
        name: of what was checked, stable for scripts.
        words: what was found.
        remedy: what to do about it.
        details: more lines, as the value and origin of every setting.
        exit_code: how publish would end for this reason; 0 unless it failed.
    """

    name: str
    status: Status
    words: str
    remedy: str = ""
    details: Sequence[str] = ()
    exit_code: int = 0


def passed(name: str, words: str, details: Sequence[str] = ()) -> Check:
    """Nothing is wrong."""
    return Check(name, Status.PASSED, words, details=details)


def warned(name: str, words: str, remedy: str, details: Sequence[str] = ()) -> Check:
    """Publishing works, and not as the user may think."""
    return Check(name, Status.WARNED, words, remedy, details)


def failed(name: str, error: InsightsError) -> Check:
    """Publishing would end with this error."""
    return Check(name, Status.FAILED, error.message, error.hint, exit_code=error.exit_code)


def skipped(name: str, why: str) -> Check:
    """Nobody knows."""
    return Check(name, Status.SKIPPED, why)


def attempted(name: str, examine: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """The checks that an examination yields; its error is one, and stops no other examination."""
    try:
        yield from examine()
    except InsightsError as error:
        yield failed(name, error)


def exit_code(checks: Iterable[Check]) -> ExitCode:
    """What publish would end with: the code of the first check that failed, else 0."""
    return ExitCode(next((each.exit_code for each in checks if each.exit_code), 0))


def ci(build: Build | None) -> Check:
    """Which CI is told by its variables, and what of it was not taken."""
    if build is None:
        return passed("ci", "no CI is known by its variables")
    details = [f"{name} is ignored: {why}" for name, why in build.ignored.items()]
    if build.others:
        details.append(f"the variables of {', '.join(build.others)} are there too, and not read")
    if details:
        remedy = "What is not taken from the CI can be said with options."
        return warned("ci", f"{build.ci}, not all of whose variables are taken", remedy, details)
    return passed("ci", build.ci)


def plugins(found: Plugins) -> Check:
    """Whether all parsers work."""
    working = f"parsers work: {', '.join(found.parsers) or 'none'}"
    if not found.broken and found.parsers:
        return passed("plugins", working)
    details = [f"{each.name} of {each.origin}: {each.reason}" for each in found.broken]
    remedy = "Results of a broken parser's format cannot be read: update or remove its package."
    return warned("plugins", working, remedy, details)


def files(modified: Collection[str]) -> Check:
    """Whether the files on disk are those of the commit."""
    if not modified:
        return passed("files", "the tracked files are on disk as HEAD has them")
    more = [f"and {len(modified) - _NAMED} more"] if len(modified) > _NAMED else []
    one = len(modified) == 1
    return warned(
        "files",
        f"{len(modified)} tracked file{' is' if one else 's are'} not on disk as HEAD has "
        f"{'it' if one else 'them'}",
        "Findings in them may be on other lines than in the commit: publish from a clean checkout.",
        [*sorted(modified)[:_NAMED], *more],
    )


def speed(url: str, seconds: float) -> Check:
    """How long the server takes for its cheapest answer."""
    words = f"{url} answers in {seconds * 1000:.0f} ms"
    if seconds < _SLOW_S:
        return passed("server", words)
    return warned("server", words, "That is slow: look at the network, the proxy, the server.")


def version(text: str) -> Check:
    """Whether the server has Code Insights."""
    match = _VERSION.fullmatch(text)
    if match is None:
        return warned("version", f"{text!r} is no version of Bitbucket", "Is --url a Bitbucket's?")
    first = ".".join(map(str, _FIRST_VERSION))
    if (int(match[1]), int(match[2])) >= _FIRST_VERSION:
        return passed("version", f"Bitbucket {text}; Code Insights needs {first}")
    words = f"Bitbucket {text} has no Code Insights"
    return Check(
        "version", Status.FAILED, words, f"It needs {first} or newer.", (), ExitCode.SERVER
    )


def clock(date: str | None, now_s: float, took_s: float) -> Check:
    """How far this machine's clock is from the server's.

    Args:
        date: the answer's Date header, in whole seconds (RFC 9110, 6.6.1).
        now_s: this machine's time when the answer had come, in seconds since 1970.
        took_s: how long it took; the header was written meanwhile.
    """
    if date is None:
        return skipped("clock", "the server does not tell its time")
    try:
        moment = email.utils.parsedate_to_datetime(date)
        server_s = moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()
    except (ValueError, TypeError, OverflowError):
        return skipped("clock", f"the server's time cannot be read: {date!r}")
    ahead = max(now_s - took_s - (server_s + 1), 0) or min(now_s - server_s, 0)
    if abs(ahead) <= _MAX_SKEW_S:
        return passed("clock", f"within {_MAX_SKEW_S} s of the server's")
    return warned(
        "clock",
        f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the "
        "server's",
        "Two runs for one commit are told apart by the time: set the clock, as with NTP.",
    )


def token(user: str | None) -> Check:
    """Whose token it is."""
    if user:
        return passed("token", f"it is accepted, as {user}; reports are owned by that user")
    return warned(
        "token",
        "it is not refused, and the server does not say whose it is",
        "A proxy may take the Authorization header away, or log in by itself.",
    )


def pull_request(pull: "PullRequest", commit: str) -> Check:
    """Whether Bitbucket will show reports of this commit."""
    words = f"{pull.id}, {pull.branch} to {pull.target_branch}"
    if pull.head != commit:
        return warned(
            "pull-request",
            f"{words}: its head is {pull.head}, and not {commit}",
            "Bitbucket shows the reports of the head only: run for that commit.",
        )
    if not pull.is_open:
        words = f"{words}: is {pull.state.lower()}"
        return warned("pull-request", words, "Name the one that is open with --pull-request.")
    return passed("pull-request", f"{words}: its head is {commit}")


def limit(asked: int) -> Check:
    """Whether the server may refuse so many annotations."""
    words = f"at most {asked} annotations per report; Bitbucket takes {_DEFAULT_LIMIT} by default"
    if asked <= _DEFAULT_LIMIT:
        return passed("limit", f"{words}, and does not tell its own limit")
    remedy = "Unless the administrator raised the limit, lower --max-annotations."
    return warned("limit", words, remedy)


def rate(headers: Mapping[str, str]) -> Check:
    """How many requests may still be sent; headers as in Bitbucket's rate limiting.

    Args:
        headers: of an answer to this token, names in lower case.
    """
    names = {name: f"x-ratelimit-{name}" for name in ("limit", "remaining", "fillrate")}
    told = {name: headers[header] for name, header in names.items() if header in headers}
    interval = headers.get("x-ratelimit-interval-seconds", "1")
    if "remaining" not in told:
        return passed("rate-limit", "the server names none for this token")
    if not all(map(_NUMBER.fullmatch, [*told.values(), interval])):
        return skipped("rate-limit", f"the server's words cannot be read: {told}")
    left = int(told["remaining"])
    of = f" of {told['limit']}" if "limit" in told else ""
    more = f", {told['fillrate']} more every {interval} s" if "fillrate" in told else ""
    words = f"{left}{of} requests are left{more}"
    if left >= _REQUESTS:
        return passed("rate-limit", words)
    remedy = f"A report takes up to {_REQUESTS}: wait, or use a token that fewer jobs share."
    return warned("rate-limit", words, remedy)


def without_userinfo(text: str) -> str:
    """A line without the user and password of any address in it."""
    return " ".join(map(_word_without_userinfo, text.split(" ")))


def _word_without_userinfo(word: str) -> str:
    before, slashes, after = word.partition("//")
    return f"{before}//***@{after.rpartition('@')[2]}" if slashes and "@" in after else word
