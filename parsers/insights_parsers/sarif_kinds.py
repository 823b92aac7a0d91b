"""Which SARIF results ask somebody to act (section 3.27.9)."""

from insights_parsers.sarif_remarks import Remarks
from insights_parsers.sarif_schema import Result

_FINDINGS = {"fail": "fail", "review": "review", "open": "open"}
_OTHERS = {"pass": "pass", "notapplicable": "notApplicable", "informational": "informational"}
UNDECIDED = frozenset({"review", "open"})
"""The kinds of results that a person has to judge first; they have no level of their own."""


def is_finding(result: Result, remarks: Remarks) -> bool:
    """True for a result that somebody should act on; so is one whose kind means nothing.

    What is no finding, and what is not understood, is counted.
    """
    kind = result.kind
    if kind is not None and kind not in _FINDINGS:
        word = kind.lower()
        if word in _OTHERS:
            remarks.count("result", f"left out: kind {_OTHERS[word]!r} is no finding")
            return False
        if word not in _FINDINGS:
            remarks.count("result", "with an unknown kind, such as {}, taken as fail", kind)
    if result.baseline_state == "absent":
        remarks.count("result", "left out: baselineState 'absent' is no finding of this run")
        return False
    return True
