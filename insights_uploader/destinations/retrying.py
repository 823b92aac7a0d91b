"""Which requests are tried again, when, and how often. Knows no network.

A request that the server may have carried out is repeated only where that does no harm. 401 and
403 never are: Bitbucket locks an account behind a CAPTCHA after a few of them. Nor is what a
second try cannot change: a certificate that is not trusted, a host that does not exist.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, Retrying, wait_exponential_jitter, wait_random

from insights_uploader.destinations.deadline import Deadline
from insights_uploader.destinations.reply import NoAnswerError, Reply

_MAX_WAIT_S = 60.0  # a server whose quota is zero asks for 9223372036854775807 seconds
_BACKOFF = wait_exponential_jitter(multiplier=0.5, max=_MAX_WAIT_S, jitter=1)
_SPREAD = wait_random(0, 1)  # so that those who were sent away together do not return together
_TOO_MANY = 429  # refused before anything was done
_PASSING = frozenset({502, 503, 504})


def _silent(_words: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Retries:
    """How failed requests are tried again: after 0.5 to 1.5 s, then after twice that, and so on.

    Attributes:
        tries: how often one request is sent at most. A 429 does not count: it does no harm, and
            many who publish at once need more; the deadline ends them.
        sleep: waits for some seconds.
        tell: gets one line for every wait; no secret is in it.
    """

    tries: int = 6
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = _silent

    def run(self, send: Callable[[], Reply], deadline: Deadline, is_repeatable: bool) -> Reply:
        """Send until an answer comes that another try would not better, or time or tries end.

        Args:
            send: one try; it is bounded by the deadline itself.
            deadline: of all requests. No wait begins that would outlast it.
            is_repeatable: sending twice does no more than sending once.

        Raises:
            ServerError: of the last try.
        """
        counted = 0

        def is_worth_it(state: RetryCallState) -> bool:
            nonlocal counted
            counted += not _is_too_many(state)
            return _may_pass(state, is_repeatable)

        def is_over(state: RetryCallState) -> bool:
            return counted >= self.tries or state.upcoming_sleep >= deadline.left_s

        def before_sleep(state: RetryCallState) -> None:
            self.tell(f"{_what_happened(state)}; trying again in {state.upcoming_sleep:.1f} s")
            deadline.spend(state.upcoming_sleep)

        return Retrying(
            retry=is_worth_it,
            wait=_wait,
            stop=is_over,
            before_sleep=before_sleep,
            sleep=self.sleep,
            retry_error_callback=_result,
        )(send)


def asked_wait(headers: Mapping[str, str], now_s: float) -> float:
    """The seconds that a server asks us to wait, 0 to 60, by `Retry-After` (RFC 9110, 10.2.3).

    A date counts from the server's own `Date`, since our clock may be another. What is neither
    a number nor a date asks for nothing.

    Args:
        headers: of the answer, names in lower case.
        now_s: our clock, in seconds since 1970.
    """
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+", asked):
        # Python refuses to read a number of thousands of digits
        return min(float(asked), _MAX_WAIT_S) if len(asked) < 10 else _MAX_WAIT_S
    then = _date(asked)
    if then is None:
        return 0.0
    now = _date(headers.get("date", ""))
    return min(max(then - (now_s if now is None else now), 0.0), _MAX_WAIT_S)


def _date(text: str) -> float | None:
    """An HTTP date as seconds since 1970."""
    try:
        moment = parsedate_to_datetime(text[:64])
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _result(state: RetryCallState) -> Reply:
    """What the last try gave or raised."""
    assert state.outcome is not None  # noqa: S101 # tenacity asks after a try only
    reply: Reply = state.outcome.result()
    return reply


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _is_too_many(state: RetryCallState) -> bool:
    return _error(state) is None and _result(state).status == _TOO_MANY


def _may_pass(state: RetryCallState, is_repeatable: bool) -> bool:
    """Tell whether another try may go better, and does no harm."""
    error = _error(state)
    if isinstance(error, NoAnswerError):
        return error.is_passing and (is_repeatable or not error.is_sent)
    if error is not None:
        return False
    status = _result(state).status
    return status == _TOO_MANY or (is_repeatable and status in _PASSING)


def _wait(state: RetryCallState) -> float:
    backoff = _BACKOFF(state)
    asked = 0.0 if _error(state) else asked_wait(_result(state).headers, time.time())
    return max(backoff, asked + _SPREAD(state)) if asked else backoff


def _what_happened(state: RetryCallState) -> str:
    if error := _error(state):
        return str(error)
    reply = _result(state)
    return f"{reply.request}: the server said {reply.status}"
