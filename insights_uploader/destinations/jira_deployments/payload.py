"""The bodies of deployments on Jira Software Cloud. Pure.

Limits: Atlassian's OpenAPI file, `/rest/deployments/0.1` (SubmitDeploymentRequest, DeploymentData),
in UTF-16 code units. A body that the server could refuse for its content cannot be built.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_dc.payload import is_web_address
from insights_uploader.destinations.jira_cloud.ids import check_lookup
from insights_uploader.destinations.jira_deployments.deployment import (
    ISSUES,
    Association,
    AssociationType,
    Deployment,
    DeploymentKey,
    Entity,
)
from insights_uploader.model.errors import UsageError

MAX_TEXT = 255
MAX_URL = 2000
MAX_NUMBER = 2**63 - 1
MAX_ASSOCIATIONS = 3
MAX_VALUES = 500
"""Of all associations of one deployment together (the prose of their values)."""
MAX_PROPERTIES = 5
MAX_DEPLOYMENTS = 100
"""In one request."""

_ISSUE = re.compile(r"\w{1,255}-\d{1,255}|\d{1,255}", re.ASCII)
_ISSUE_KEYS = "The deprecated issueKeys is not taken: name the issues in associations."
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Body = Mapping[str, Any]


def read_deployments(content: bytes) -> Sequence[Deployment]:
    """Deployments out of JSON: one, or a list of them, in Atlassian's own shape.

    Raises:
        UsageError: it is none, or Jira would refuse it.
    """
    try:
        if content.lstrip()[:1] == b"[":
            found = msgspec.json.decode(content, type=list[Deployment])
        else:
            found = [msgspec.json.decode(content, type=Deployment)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = _ISSUE_KEYS if "issueKeys" in str(error) else ""
        raise UsageError("bad-deployment", f"the deployments: {error}", hint) from None
    check_deployments(found)
    return found


def check_deployments(deployments: Sequence[Deployment]) -> None:
    """See that Jira could take all of them.

    Raises:
        UsageError: it would refuse one, one is there twice, or one could not be looked up later.
    """
    if not deployments:
        raise UsageError("bad-deployment", "there is no deployment", "Nothing was sent.")
    seen = set[DeploymentKey]()
    for at, each in enumerate(deployments):
        where = f"deployments[{at}]." if len(deployments) > 1 else ""
        for place, words in _faults(each):
            raise _refused(where + place, words)
        check_lookup(each.key.pipeline_id, f"{where}pipeline.id")
        check_lookup(each.key.environment_id, f"{where}environment.id")
        if each.key in seen:
            raise _refused(where + "deploymentSequenceNumber", f"{each.key.name} is there twice")
        seen.add(each.key)


def submission_body(
    deployments: Sequence[Deployment], properties: Mapping[str, str], product: str | None
) -> Body:
    """The body of one submission (SubmitDeploymentRequest).

    Args:
        deployments: 1 to 100.
        properties: by which they can be deleted together.
        product: the provider's name and version; of no person.

    Raises:
        UsageError: Jira would refuse it.
    """
    if len(deployments) > MAX_DEPLOYMENTS:
        raise _refused("deployments", f"there are more than {MAX_DEPLOYMENTS}")
    check_deployments(deployments)
    check_properties(properties)
    body: dict[str, Any] = {"deployments": msgspec.to_builtins(deployments)}
    if properties:
        body["properties"] = dict(properties)
    if product is not None:
        for words in _text(product):
            raise _refused("product", words)
        body["providerMetadata"] = {"product": product}
    return body


def check_properties(properties: Mapping[str, str]) -> None:
    """See that Jira could take these properties, or delete by them.

    At most five; no key has a colon or begins with an underscore (the prose of Properties).

    Raises:
        UsageError: it could not.
    """
    if len(properties) > MAX_PROPERTIES:
        raise _refused("properties", f"there are more than {MAX_PROPERTIES}")
    for name, value in properties.items():
        if not name or ":" in name or name.startswith("_") or _CONTROL.search(name):
            raise _refused("properties", f"the key {name!r} is empty, begins with _ or has a colon")
        if _units(value) > MAX_TEXT or _CONTROL.search(value):
            words = f"the value of {name} must be at most {MAX_TEXT} characters"
            raise _refused("properties", words)


def check_key(key: DeploymentKey) -> None:
    """See that a deployment could be named so.

    Raises:
        UsageError: none can.
    """
    for place, words in _key_faults(key):
        raise _refused(place, words)


def _faults(deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Where and why Jira would refuse a deployment."""
    yield from _key_faults(deployment.key)
    pipeline, environment = deployment.pipeline, deployment.environment
    numbers = [("updateSequenceNumber", deployment.update_sequence_number)]
    numbers += [("duration", deployment.duration)] if deployment.duration is not None else []
    texts = [
        ("displayName", deployment.display_name),
        ("description", deployment.description),
        ("pipeline.displayName", pipeline.display_name),
        ("environment.displayName", environment.display_name),
    ]
    texts += [("label", deployment.label)] if deployment.label is not None else []
    addresses = [("url", deployment.url), ("pipeline.url", pipeline.url)]
    yield from ((place, words) for place, number in numbers for words in _number(number))
    yield from ((place, words) for place, text in texts for words in _text(text))
    yield from ((place, words) for place, address in addresses for words in _address(address))
    yield from _association_faults(deployment.associations)


def _key_faults(key: DeploymentKey) -> Iterator[tuple[str, str]]:
    yield from (("pipeline.id", words) for words in _text(key.pipeline_id))
    yield from (("environment.id", words) for words in _text(key.environment_id))
    number = key.deployment_sequence_number
    yield from (("deploymentSequenceNumber", words) for words in _number(number))


def _association_faults(associations: Sequence[Association]) -> Iterator[tuple[str, str]]:
    if not 1 <= len(associations) <= MAX_ASSOCIATIONS:
        yield "associations", f"there must be 1 to {MAX_ASSOCIATIONS}"
    needed = (*ISSUES, AssociationType.SERVICE_ID_OR_KEYS)
    if not any(each.association_type in needed for each in associations):
        yield "associations", "must name at least one issue or service"
    if sum(len(each.values) for each in associations) > MAX_VALUES:
        yield "associations", f"there are more than {MAX_VALUES} values in all"
    for at, each in enumerate(associations):
        place = f"associations[{at}].values"
        if not each.values:
            yield place, "are none"
        for value in each.values:
            yield from ((place, words) for words in _value(each.association_type, value))


def _value(kind: AssociationType, value: str | Entity) -> Iterator[str]:
    if isinstance(value, str):
        if kind in ISSUES:
            if not _ISSUE.fullmatch(value):
                yield f"{value[:60]!r} is no key of an issue, as DEMO-123, and no id"
        elif kind is AssociationType.SERVICE_ID_OR_KEYS:
            yield from _text(value)
        else:
            yield f"a {kind} is named by repositoryId, and a commit by commitHash, too"
    elif kind not in (AssociationType.COMMIT, AssociationType.REPOSITORY):
        yield f"{kind} are texts"
    elif (kind is AssociationType.COMMIT) != (value.commit_hash is not None):
        yield "a commit has a commitHash, a repository none"
    else:
        yield from _text(value.repository_id)
        yield from _text(value.commit_hash or value.repository_id)


def _text(text: str) -> Iterator[str]:
    if not text.strip() or _units(text) > MAX_TEXT or _CONTROL.search(text):
        yield f"must be 1 to {MAX_TEXT} characters on one line"


def _number(number: int) -> Iterator[str]:
    if not 0 <= number <= MAX_NUMBER:
        yield f"must be a number from 0 to {MAX_NUMBER}"


def _address(address: str) -> Iterator[str]:
    if not is_web_address(address) or _units(address) > MAX_URL or _CONTROL.search(address):
        yield f"must be an http or https address of at most {MAX_URL} characters"


def _units(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _refused(place: str, words: str) -> UsageError:
    return UsageError("bad-deployment", f"{place}: {words}", "Nothing was sent.")
