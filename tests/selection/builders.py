"""Short ways to make findings and candidates."""

import hashlib

from insights_uploader.model.finding import Finding, Location, Placed, Severity
from insights_uploader.model.ledger import Disposition
from insights_uploader.selection.ranking import Candidate


def finding(
    *locations: Location,
    tool: str = "tool",
    rule: str = "rule",
    message: str = "message",
    severity: Severity = Severity.MEDIUM,
    fingerprints: tuple[tuple[str, str], ...] = (),
    suppression: str | None = None,
    failed_test: bool = False,
    variant_of: str | None = None,
) -> Finding:
    return Finding(
        tool=tool,
        rule=rule,
        message=message,
        severity=severity,
        locations=locations,
        fingerprints=fingerprints,
        suppression=suppression,
        failed_test=failed_test,
        variant_of=variant_of,
    )


def candidate(
    name: object, severity: Severity, rule: str, path: str | None, line: int, message: str = "m"
) -> Candidate:
    """A candidate whose identity is made from its name, in no order that anything else has."""
    identity = hashlib.md5(repr(name).encode()).digest()
    found = finding(rule=rule, severity=severity, message=message)
    return Candidate(identity, Placed(found, path, line, None, ""), Disposition.PUBLISHED)
