"""Bitbucket's rate limit: a bucket of tokens for every user; a request takes one, or is refused.

Capacity and fill rate: Atlassian OpenAPI of Bitbucket Data Center 9.4, RestRateLimitSettings. The
headers are those of the server's filter, which counts requests with Basic or Bearer credentials
only; its body is a message without the envelope of other errors. The wording is our own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insights_uploader.sandbox.access import accepts, caller_of
from insights_uploader.sandbox.envelope import Json
from insights_uploader.sandbox.settings import RateLimit

_NEVER = 2**63 - 1
"""What Java's rounding makes of a wait without end; servers have sent it."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """One bucket for each user, full at first; `clock` gives seconds and never goes back."""

    def __init__(self, limit: RateLimit, clock: Callable[[], float]) -> None:
        """Start with nobody known."""
        self.limit = limit
        self._clock = clock
        self._by_user: dict[str, _Bucket] = {}

    def take(self, user: str) -> bool:
        """Take a token out of the user's bucket; tell whether there was one."""
        bucket = self._filled(user)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def remaining(self, user: str) -> int:
        """How many requests the user could make at once."""
        return int(self._filled(user).tokens)

    def wait_s(self, user: str) -> int:
        """After how many whole seconds the user's bucket has a token again."""
        missing = 1 - self._filled(user).tokens
        if self.limit.capacity < 1 or not self.limit.per_second:
            return _NEVER
        return max(1, math.ceil(missing / self.limit.per_second))

    def clear(self) -> None:
        """Fill all buckets."""
        self._by_user.clear()

    def _filled(self, user: str) -> _Bucket:
        now = self._clock()
        bucket = self._by_user.setdefault(user, _Bucket(self.limit.capacity, now))
        gained = (now - bucket.at) * self.limit.per_second
        bucket.tokens = min(self.limit.capacity, bucket.tokens + gained)
        bucket.at = now
        return bucket


class RateLimiting:
    """ASGI layer behind the authentication: refuses with 429, and tells every user his state."""

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        """Guard `app`."""
        self._app = app
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a token, or refuse; who sends no credentials is not counted."""
        request = Request(scope)
        caller = caller_of(request)
        if caller is None:
            await self._app(scope, receive, send)
            return
        is_within = self._buckets.take(caller.name)
        shown = self._headers(caller.name)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(shown)
            await send(message)

        await (self._app if is_within else self._refusal(request, caller.name))(
            scope, receive, told
        )

    def _headers(self, user: str) -> dict[str, str]:
        fill = Fraction(self._buckets.limit.per_second).limit_denominator(1000)
        return {
            "X-RateLimit-Limit": str(self._buckets.limit.capacity),
            "X-RateLimit-Remaining": str(self._buckets.remaining(user)),
            "X-RateLimit-FillRate": str(fill.numerator),
            "X-RateLimit-Interval-Seconds": str(fill.denominator),
        }

    def _refusal(self, request: Request, user: str) -> Response:
        headers = {"Retry-After": str(self._buckets.wait_s(user))}
        message = "You have made too many requests. Please wait before you make another."
        if accepts(request.headers, "application/json"):
            return Json({"message": message}, 429, headers)
        return PlainTextResponse(message, 429, headers)
