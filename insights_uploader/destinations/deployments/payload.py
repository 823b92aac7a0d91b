"""The body of a deployment on Bitbucket Data Center. Pure.

Limits: Atlassian's OpenAPI file for 9.4 (RestDeploymentSetRequest, RestDeploymentEnvironment), in
UTF-16 code units. A body that the server could refuse for its content cannot be built.
"""

import enum
from collections.abc import Mapping
from typing import Any

import msgspec

from insights_uploader.destinations.bitbucket_dc.payload import is_web_address
from insights_uploader.model.errors import UsageError

MAX_TEXT = 255
MAX_URL = 1024
MAX_NUMBER = 2**63 - 1


class DeploymentState(enum.StrEnum):
    """How far a deployment is."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    ROLLED_BACK = "ROLLED_BACK"
    SUCCESSFUL = "SUCCESSFUL"
    UNKNOWN = "UNKNOWN"


class EnvironmentType(enum.StrEnum):
    """What an environment is for; in the pattern's capitals, not as the file's example has it."""

    DEVELOPMENT = "DEVELOPMENT"
    TESTING = "TESTING"
    STAGING = "STAGING"
    PRODUCTION = "PRODUCTION"


class Identity(msgspec.Struct, frozen=True):
    """What names one deployment of a commit.

    Attributes:
        key: of the pipeline or plan that deploys.
        environment: key of where to.
        number: its sequence number: of two deployments the later has the higher one.
    """

    key: str
    environment: str
    number: int

    def __post_init__(self) -> None:
        """Refuse what no deployment can have.

        Raises:
            UsageError: a key is empty or too long, or the number none.
        """
        _text("--key", self.key)
        _text("--environment", self.environment)
        _number("--sequence-number", self.number)

    @property
    def query(self) -> tuple[tuple[str, str | int], ...]:
        """As GET and DELETE want it."""
        return (
            ("key", self.key),
            ("environmentKey", self.environment),
            ("deploymentSequenceNumber", self.number),
        )


def deployment_body(  # noqa: PLR0913 - each is a member of its own
    identity: Identity,
    state: DeploymentState,
    url: str,
    *,
    name: str | None = None,
    description: str | None = None,
    environment_name: str | None = None,
    environment_type: EnvironmentType | None = None,
    environment_url: str | None = None,
    last_updated: int | None = None,
) -> Mapping[str, Any]:
    """The body that creates or updates a deployment (RestDeploymentSetRequest).

    Nothing is cut off or left out: whoever words it himself is told what does not fit.

    Args:
        identity: which deployment.
        state: how far it is.
        url: of its page.
        name: for people; the key, if None.
        description: one sentence; made of names and state, if None.
        environment_name: for people; the environment's key, if None.
        environment_type: what it is for.
        environment_url: where the environment is to be seen.
        last_updated: when the state was reached, as the server counts; now, if None.

    Raises:
        UsageError: the server would refuse it.
    """
    shown = _text("--name", identity.key if name is None else name)
    place = _text(
        "--environment-name", identity.environment if environment_name is None else environment_name
    )
    environment = {"key": identity.environment, "displayName": place}
    if environment_type is not None:
        environment["type"] = str(environment_type)
    if environment_url is not None:
        environment["url"] = _address("--environment-url", environment_url)
    if description is None:
        description = f"Deployment {identity.number} to {place}"[:MAX_TEXT]
        while _units(description) > MAX_TEXT:
            description = description[:-1]
    body: dict[str, Any] = {
        "key": identity.key,
        "deploymentSequenceNumber": identity.number,
        "displayName": shown,
        "description": _text("--description", description),
        "state": str(state),
        "url": _address("--link", url),
        "environment": environment,
    }
    if last_updated is not None:
        body["lastUpdated"] = _number("--last-updated", last_updated)
    return body


def _text(option: str, text: str) -> str:
    if not text.strip() or not text.isprintable() or _units(text) > MAX_TEXT:
        raise _refused(option, f"must be 1 to {MAX_TEXT} printable characters")
    return text


def _address(option: str, address: str) -> str:
    if not is_web_address(address) or not address.isprintable() or _units(address) > MAX_URL:
        raise _refused(option, f"must be an http or https address of at most {MAX_URL} characters")
    return address


def _number(option: str, number: int) -> int:
    if not 0 <= number <= MAX_NUMBER:
        raise _refused(option, f"must be a number from 0 to {MAX_NUMBER}")
    return number


def _units(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _refused(option: str, words: str) -> UsageError:
    return UsageError("bad-deployment", f"{option}: {words}", "Nothing was sent.")
