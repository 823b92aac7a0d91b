"""A report before any server's limits: its annotations, its numbers, its verdict."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from insights_uploader.coverage import Rate
from insights_uploader.gate import Reason, Result
from insights_uploader.model.finding import Finding, FindingType, Placed, Severity
from insights_uploader.model.ledger import Disposition, Ledger
from insights_uploader.model.measure import TestTotals
from insights_uploader.selection.ranking import Candidate


class AnnotationDraft(msgspec.Struct, frozen=True):
    """One annotation.

    Attributes:
        id: stable from run to run, unique in its report; hexadecimal.
        rule: what it is counted under: the tool's rule, or a parametrised test's name.
        message: the whole text.
        path, line: None when it belongs to the report as a whole, or to the file as a whole.
        link: as the tool wrote it; not yet checked.
        end: `PUBLISHED`, `RELOCATED` or `REPORT_LEVEL`.
        cases: how many failing cases of a parametrised test it stands for.
    """

    id: str
    rule: str
    message: str
    severity: Severity
    type: FindingType | None
    path: str | None
    line: int | None
    link: str | None
    end: Disposition
    cases: int = 1


class ReportDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One report.

    Attributes:
        tool: whose report it is; of a group, its tools' names.
        key: the report's key, static from run to run.
        title, reporter, link, logo_url: what the user wants to be shown.
        versions: of the tool.
        result: the gate's word on this report.
        reasons: why it fails; empty when it passes.
        created_ms: when the plan was made, in milliseconds since 1970.
        annotations: in rank order.
        rules: how many findings of each rule passed the filter, capped or not.
        severities: likewise by severity.
        tests: the tool's test cases, if it counts any.
        coverage: of all measured lines, if it measures any.
        changed_coverage: of those that the diff changed.
        ledger: where this tool's findings ended.
        invalid: annotation id -> the server's reason for refusing it.
    """

    tool: str
    key: str
    title: str
    reporter: str
    link: str | None
    logo_url: str | None
    versions: Sequence[str]
    result: Result
    reasons: Sequence[Reason]
    created_ms: int
    annotations: tuple[AnnotationDraft, ...]
    rules: Mapping[str, int]
    severities: Mapping[Severity, int]
    tests: TestTotals | None
    coverage: Rate | None = None
    changed_coverage: Rate | None = None
    ledger: Ledger
    invalid: Mapping[str, str] = {}

    def limited(self, number: int) -> "ReportDraft":
        """The draft with only its first `number` annotations; the rest is over the cap."""
        ledger = self.ledger
        for annotation in self.annotations[number:]:
            ledger = ledger.moved(annotation.end, Disposition.OVER_CAP)
        return msgspec.structs.replace(self, annotations=self.annotations[:number], ledger=ledger)

    def without(self, refused: Mapping[str, str]) -> "ReportDraft":
        """The draft without the annotations that the server refuses; the ledger says so.

        Args:
            refused: annotation id -> the server's reason.
        """
        gone = [annotation for annotation in self.annotations if annotation.id in refused]
        ledger = self.ledger
        for annotation in gone:
            ledger = ledger.moved(annotation.end, Disposition.INVALID)
        return msgspec.structs.replace(
            self,
            annotations=tuple(a for a in self.annotations if a.id not in refused),
            ledger=ledger,
            invalid={**self.invalid, **{each.id: refused[each.id] for each in gone}},
        )

    @property
    def hidden_rules(self) -> Mapping[str, int]:
        """Findings that passed the filter and have no annotation, by rule, most first."""
        hidden = Counter(self.rules)
        for shown in self.annotations:
            hidden[shown.rule] -= shown.cases
        return {r: n for r, n in sorted(hidden.items(), key=lambda i: (-i[1], i[0])) if n > 0}


def annotation(candidate: Candidate, masked: Callable[[str], str] = str) -> AnnotationDraft:
    """The annotation of a finding that is to be published.

    Args:
        candidate: the finding.
        masked: hides secrets in its words.
    """
    placed, finding = candidate.placed, candidate.placed.finding
    end, path, line = candidate.end, placed.path, placed.shown_at or placed.line
    if path is not None and not _is_text(path):
        end = Disposition.REPORT_LEVEL  # no JSON can carry such a name
    if end is Disposition.REPORT_LEVEL:
        path, line = None, None
    return AnnotationDraft(
        id=candidate.id.hex(),
        rule=candidate.rule,
        message=masked(_message(candidate, end)),
        severity=finding.severity,
        type=finding.type,
        path=path,
        line=line,
        link=finding.link,
        end=end,
        cases=candidate.cases,
    )


def _message(candidate: Candidate, end: Disposition) -> str:
    """The finding's words, behind the number of cases that fail with it where there are several."""
    words = _words(candidate.placed, end)
    if candidate.cases == 1:
        return words
    here = " here" if end is not Disposition.REPORT_LEVEL else ""
    return f"{candidate.cases} cases of {candidate.rule} fail{here}, among them:\n{words}"


def _words(placed: Placed, end: Disposition) -> str:
    """The finding's words, with what its place on the page does not tell."""
    finding = placed.finding
    words = finding.message.strip()
    if not finding.failed_test and not _names_rule(words, finding.rule):
        words = f"{finding.rule}: {words}"
    if end is Disposition.REPORT_LEVEL:
        true_place = _true_place(finding, placed)
        return f"{true_place}: {words}" if true_place else words
    if end is Disposition.RELOCATED:
        return f"Line {placed.line}: {words}"
    location = placed.location
    if location is not None and location.line != placed.line and location.end_line is not None:
        lines = f"lines {location.line} to {location.end_line}"
        words = words if lines in words.lower() else f"{words} ({lines})"
    return words


def _names_rule(words: str, rule: str) -> bool:
    """Whether a message names its rule: in front, or as a label. A word of its own may be alike."""
    beginning = words[: len(rule) + 80]
    after = beginning[len(rule) : len(rule) + 1]
    in_front = beginning.startswith(rule) and (after in ":;,)]" or not after)
    return in_front or any(f"{a}{rule}{b}" in beginning for a, b in ("[]", "()", ("", ": ")))


def _true_place(finding: Finding, placed: Placed) -> str:
    """Where a finding really is, for one that is shown elsewhere."""
    if placed.path is not None:
        path = placed.path.encode("utf-8", "replace").decode()
        return path if placed.line is None else f"{path}:{placed.line}"
    if not finding.locations:
        return ""
    location = finding.locations[0]
    return location.path if location.line is None else f"{location.path}:{location.line}"


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
