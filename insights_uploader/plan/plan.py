"""The plan: the middle of the house. Preview shows it, gate judges it, publish sends it."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Protocol

import msgspec

from insights_uploader.coverage import Coverage
from insights_uploader.gate import Verdict
from insights_uploader.model.ledger import Ledger
from insights_uploader.model.measure import Remark, TestTotals
from insights_uploader.plan.dialect import Dialect
from insights_uploader.plan.draft import ReportDraft

Body = Mapping[str, Any]
"""A JSON object as a request carries it."""


class Target(msgspec.Struct, frozen=True):
    """What the plan is for.

    Attributes:
        project, repository: on the server; None while only a preview was asked for.
        commit: the full id of the commit that gets the reports.
        merge_base: where its branch left the target; None when the diff came from elsewhere.
        pull_request: its number, when known.
        limit: annotations per report.
    """

    project: str | None
    repository: str | None
    commit: str
    merge_base: str | None
    pull_request: int | None
    limit: int


class InputRecord(msgspec.Struct, frozen=True):
    """What one results file brought.

    Attributes:
        path: as the user named it.
        format: the parser that read it.
        tools: that wrote it.
        reports: the keys of the reports that its contents went to.
        findings: how many it holds.
        paths: how many distinct paths its findings name.
        matched: how many of those lie in the repository.
        path_rule: how they were found there, in words.
        unmatched: the first of those that were not found, each with the nearest tracked file.
        remarks: what the parser put right or left out.
    """

    path: str
    format: str
    tools: Sequence[str]
    reports: Sequence[str]
    findings: int
    paths: int
    matched: int
    path_rule: str
    unmatched: Mapping[str, str | None]
    remarks: Sequence[Remark]


class UnreadableInput(msgspec.Struct, frozen=True):
    """A results file that could not be read: its reports fail and say so.

    Attributes:
        path: in the checkout, or as the user named it.
        tools: whose results it holds; empty when that is not known.
        reports: the keys of the reports that tell of it.
        message: what is wrong, with the file and the position.
        hint: what to do about it; may be empty.
    """

    path: str
    tools: Sequence[str]
    reports: Sequence[str]
    message: str
    hint: str


class DiffRecord(msgspec.Struct, frozen=True):
    """Which lines counted as changed.

    Attributes:
        source: where the diff came from, in words.
        base: the commit it was made against, when known.
        files, lines: how many it touches and changes.
    """

    source: str
    base: str | None
    files: int
    lines: int


class PlannedReport(msgspec.Struct, frozen=True):
    """One report with its exact bodies.

    Attributes:
        draft: what the bodies were made from.
        body: of the PUT that creates the report.
        annotations: of the POST, in rank order.
    """

    draft: ReportDraft
    body: Body
    annotations: tuple[Body, ...]

    @property
    def key(self) -> str:
        """The report's key."""
        return self.draft.key


class PayloadBuilder(Protocol):
    """Makes a destination's bodies; every limit of that server is its own.

    Attributes:
        dialect: the words in which they are made.
    """

    dialect: Dialect

    def body(self, draft: ReportDraft) -> Body:
        """The report's body."""
        ...

    def annotation_bodies(self, draft: ReportDraft) -> tuple[Body, ...]:
        """The annotations' bodies, one for each of the draft's, in its order."""
        ...


class Plan(msgspec.Struct, frozen=True):
    """Everything a run would send, and why.

    Attributes:
        target: where to.
        reports: one per tool, in the order of the results.
        inputs: what was read.
        unreadable: what could not be read.
        settled: the keys of the reports that a run before this one, of the same commit, made
            because it could not read what this one has read.
        diff: which lines counted as changed.
        verdict: the gate's judgement.
        builder: makes the bodies anew when the plan shrinks.
        notes: what the user should know of the run as a whole.
        coverage: of all reports together, line by line; None when nothing was measured.
    """

    target: Target
    reports: tuple[PlannedReport, ...]
    inputs: tuple[InputRecord, ...]
    diff: DiffRecord
    verdict: Verdict
    builder: PayloadBuilder
    notes: Sequence[str] = ()
    unreadable: tuple[UnreadableInput, ...] = ()
    settled: frozenset[str] = frozenset()
    coverage: Coverage | None = None

    @property
    def ledger(self) -> Ledger:
        """Where all findings ended."""
        return reduce(Ledger.plus, (report.draft.ledger for report in self.reports), Ledger())

    @property
    def tests(self) -> Sequence[TestTotals]:
        """The test cases of the tools that counted some."""
        return [r.draft.tests for r in self.reports if r.draft.tests is not None]

    def report(self, key: str) -> PlannedReport:
        """The report of that key; a KeyError when there is none."""
        return {report.key: report for report in self.reports}[key]

    def limited(self, number: int, since: str | None = None) -> "Plan":
        """The plan with at most `number` annotations in each report.

        Args:
            number: of annotations.
            since: the key of the first report that is limited; None for the first of all.
        """
        keys = [report.key for report in self.reports]
        first = 0 if since is None else keys.index(since)
        drafts = [report.draft.limited(number) for report in self.reports[first:]]
        reports = self.reports[:first] + planned(self.builder, drafts)
        target = msgspec.structs.replace(self.target, limit=min(number, self.target.limit))
        return msgspec.structs.replace(self, target=target, reports=reports)

    def without(self, refused: Mapping[str, str], key: str | None = None) -> "Plan":
        """The plan without annotations that the server refuses.

        Args:
            refused: annotation id -> why, in the server's words.
            key: of the report that loses them; None for any that has them.
        """
        drafts = [
            r.draft if key not in (None, r.key) else r.draft.without(refused) for r in self.reports
        ]
        return msgspec.structs.replace(self, reports=planned(self.builder, drafts))


def planned(builder: PayloadBuilder, drafts: Sequence[ReportDraft]) -> tuple[PlannedReport, ...]:
    """Drafts with their bodies."""
    return tuple(
        PlannedReport(draft, builder.body(draft), builder.annotation_bodies(draft))
        for draft in drafts
    )
