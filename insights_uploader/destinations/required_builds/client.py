"""Required builds of one repository on Bitbucket Data Center: one method per operation.

Addresses and shapes: Atlassian's OpenAPI file for 9.4, below
`/required-builds/latest/projects/{projectKey}/repos/{repositorySlug}`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_dc.refusals import refusal
from insights_uploader.destinations.bitbucket_dc.repository_api import Page, RepositoryApi
from insights_uploader.destinations.http import Http, Reply
from insights_uploader.model.errors import ServerError

_PER_PAGE = 100
_HINTS = {
    "not-permitted": "To see conditions it needs read permission on the repository, to change "
    "them the permission of an administrator.",
    "no-endpoint": "Check --url and its context path; an old server has no required builds.",
}


class MatcherKind(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a matcher chooses; `id` is a word of `RefKind`, or one of a newer server."""

    id: str
    name: str | None = None


class StoredMatcher(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A matcher as the server has it (RestRefMatcher)."""

    id: str
    type: MatcherKind
    display_id: str | None = None


class Condition(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A condition as the server has it (RestRequiredBuildCondition).

    Attributes:
        id: names it in this repository.
        build_parent_keys: all of these builds are required.
        ref_matcher: chooses target branches.
        exempt_ref_matcher: chooses source branches that need none.
        required_for_pull_request, required_for_merge_queue: None on servers before 10.2.
    """

    id: int
    build_parent_keys: Sequence[str]
    ref_matcher: StoredMatcher
    exempt_ref_matcher: StoredMatcher | None = None
    required_for_pull_request: bool | None = None
    required_for_merge_queue: bool | None = None


class RequiredBuilds(RepositoryApi):
    """The conditions of one repository.

    Every method raises `ServerError` when the server refuses, cannot be reached, or gives what it
    should not, and `UsageError`, before anything is sent, when a name can be in no address.
    """

    def __init__(self, http: Http, project: str, repository: str) -> None:
        super().__init__(http, project, repository, api="required-builds")

    def all(self) -> Iterator[Condition]:
        """Every condition, page by page."""
        try:
            for page in self.pages(("conditions",), (), Page[Condition], _PER_PAGE):
                yield from page.values
        except ServerError as error:
            raise _explained(error) from None

    def create(self, body: Mapping[str, Any]) -> Condition:
        """Add a condition; what the server stored is returned.

        It is not repeated when no answer came: there could be two then.
        """
        return self._write("POST", "condition", body=body).decoded(Condition)

    def update(self, number: int, body: Mapping[str, Any]) -> Condition:
        """Replace a condition as a whole; what the server stored is returned."""
        return self._write("PUT", "condition", str(number), body=body).decoded(Condition)

    def delete(self, number: int) -> None:
        """Delete a condition; the server says the same of one that never was."""
        self._write("DELETE", "condition", str(number))

    def _write(self, method: str, *below: str, body: Mapping[str, Any] | None = None) -> Reply:
        reply = self._http.send(method, (*self._address, *below), body=body)
        if reply.status != (204 if method == "DELETE" else 200):
            raise _explained(refusal(reply))
        return reply


def ignored(sent: Mapping[str, Any], stored: Condition) -> Sequence[str]:
    """The members of a body that the server did not take as they were sent."""
    matchers = {"refMatcher": stored.ref_matcher, "exemptRefMatcher": stored.exempt_ref_matcher}
    held = {
        "buildParentKeys": list(stored.build_parent_keys),
        "requiredForPullRequest": stored.required_for_pull_request,
        "requiredForMergeQueue": stored.required_for_merge_queue,
    }
    odd = [
        name for name in held if name in sent and _unordered(sent[name]) != _unordered(held[name])
    ]
    for name, matcher in matchers.items():
        given = sent.get(name)
        if (given is None) != (matcher is None):
            odd.append(name)
        elif given is not None and matcher is not None:
            kind = given["type"]["id"]
            is_same = kind == "ANY_REF" or given["id"] == matcher.id  # which has other names there
            if kind != matcher.type.id or not is_same:
                odd.append(name)
    return odd


def _unordered(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _explained(error: ServerError) -> ServerError:
    """The same refusal with what to do about it here."""
    hint = _HINTS.get(error.slug, error.hint)
    return ServerError(error.slug, error.message, hint, error.status)
