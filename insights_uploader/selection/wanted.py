"""What the team wants to see, and as what: paths, rules, severities. Pure."""

import fnmatch
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from insights_uploader.model.finding import Finding, FindingType, Severity

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


_LONGEST = 512
_MOST = 2_000


class Adjustment(msgspec.Struct, frozen=True):
    """A severity or a type of the team's own for some rules; None leaves the parser's.

    Attributes:
        match: a glob for the rule, or for `tool:rule`.
    """

    match: str
    severity: Severity | None = None
    type: FindingType | None = None


class Wanted(msgspec.Struct, frozen=True, dict=True):
    """The team's wishes; none of them is ever about a failing test, but by its name.

    Attributes:
        include: path patterns as in .gitignore; when there are some, only these paths are wanted.
        exclude: path patterns that are not wanted, even when they are included.
        ignore: globs for rules, or for `tool:rule`; of a failing test the rule is its name.
        min_severity: findings below it are not wanted.
        adjustments: the first that matches a finding's rule decides.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    ignore: Sequence[str] = ()
    min_severity: Severity = Severity.LOW
    adjustments: Sequence[Adjustment] = ()

    def adjusted(self, finding: Finding) -> Finding:
        """The finding with the team's own severity and type."""
        for adjustment in self.adjustments:
            if _matches(finding, adjustment.match):
                return msgspec.structs.replace(
                    finding,
                    severity=adjustment.severity or finding.severity,
                    type=adjustment.type or finding.type,
                )
        return finding

    def ignores(self, finding: Finding, path: str | None) -> str | None:
        """The wish by which a finding at a path is not wanted, in words; None when it is.

        A failing test is not about the file that it is shown in: only its name is looked at.
        """
        for pattern in self.ignore:
            if _matches(finding, pattern):
                return f"--ignore {pattern}"
        if finding.failed_test:
            return None
        if finding.severity < self.min_severity:
            return f"--min-severity {self.min_severity.name.lower()}"
        if path is not None and self.include and not self._included.match_file(path):
            return "no --include matches its path"
        if path is not None and self.exclude and self._excluded.match_file(path):
            return "an --exclude matches its path"
        return None

    def check(self) -> None:
        """Read the patterns now rather than at the first finding.

        Raises:
            ValueError: one of them means nothing, or they are more or longer than anybody needs.
        """
        for pattern in (*self.include, *self.exclude, *self.ignore):
            if len(pattern) > _LONGEST or "***" in pattern:
                raise ValueError(
                    f"{pattern[:60]!r}: is too long, or has more than two stars in a row"
                )
        if max(map(len, (self.include, self.exclude, self.ignore))) > _MOST:
            raise ValueError(f"there are more than {_MOST} patterns")
        _ = self._included, self._excluded

    @cached_property
    def _included(self) -> "GitIgnoreSpec":
        return _spec(self.include)

    @cached_property
    def _excluded(self) -> "GitIgnoreSpec":
        return _spec(self.exclude)


def _spec(patterns: Sequence[str]) -> "GitIgnoreSpec":
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def _matches(finding: Finding, pattern: str) -> bool:
    """Whether a glob matches a rule; a rule's own name does, though it may hold `[1-2]`."""
    names = [finding.rule]
    if ":" in pattern:
        names.append(f"{finding.tool}:{finding.rule}")
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in names)
