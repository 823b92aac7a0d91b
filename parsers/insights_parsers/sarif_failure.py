"""Whether a SARIF run ended well: what its tool says, and whether its results are there at all.

An error of the execution means that the tool failed (section 3.20.21), and so does an invocation
that was not successful (3.20.14). An error of the configuration (3.20.22) is a failure as well,
unless the tool says that it succeeded nonetheless; then it is a remark.
"""

from collections.abc import Iterable, Mapping

from insights_parsers.sarif_meaning import known_level
from insights_parsers.sarif_remarks import Remarks
from insights_parsers.sarif_schema import Invocation, Level, Notification, Run
from insights_parsers.sarif_uris import file_paths

_MAX_WORDS = 300
_MAX_ERRORS = 5


def failure(run: Run, remarks: Remarks) -> str | None:
    """Why a run is no pass, however few results it holds; None when it ended well."""
    told = (_told(invocation, remarks) for invocation in run.invocations or ())
    reasons = [reason for reason in told if reason is not None]
    return reasons[0] if reasons else _missing(run)


def _told(invocation: Invocation, remarks: Remarks) -> str | None:
    """The tool's own words."""
    execution = _by_level(invocation.tool_execution_notifications or (), remarks)
    configuration = _by_level(invocation.tool_configuration_notifications or (), remarks)
    errors = execution[Level.ERROR]
    if invocation.execution_successful:
        for error in configuration[Level.ERROR]:
            remarks.count("configuration error", "that did not stop it, such as {}", _words(error))
    else:
        errors += configuration[Level.ERROR]
    warnings = [*execution[Level.WARNING], *configuration[Level.WARNING]]
    if invocation.execution_successful is False and not errors:  # PMD gives its errors no level
        errors, warnings = warnings, []
    for warning in warnings:  # Semgrep's, of a file that it could not read in full
        remarks.count("warning", "about its run, such as {}", _words(warning))
    if errors:
        words = "; ".join(_words(error)[:_MAX_WORDS] for error in errors[:_MAX_ERRORS])
        rest = len(errors) - _MAX_ERRORS
        return f"{words} (and {rest} more errors)" if rest > 0 else words
    if invocation.process_start_failure_message:
        return invocation.process_start_failure_message[:_MAX_WORDS]
    if invocation.execution_successful is False:
        code = "" if invocation.exit_code is None else f" with exit code {invocation.exit_code:.0f}"
        return invocation.exit_code_description or f"it ended unsuccessfully{code}"
    return None


def _by_level(
    notifications: Iterable[Notification], remarks: Remarks
) -> Mapping[Level, list[Notification]]:
    """The notifications of each level, which is warning where they give none (section 3.58.6)."""
    by_level: dict[Level, list[Notification]] = {level: [] for level in Level}
    for notification in notifications:
        level = known_level(notification.level or Level.WARNING)
        if level is None:
            reason = "with an unknown level, such as {}, passed over"
            remarks.count("notification", reason, notification.level)
        else:
            by_level[level].append(notification)
    return by_level


def _words(notification: Notification) -> str:
    message, descriptor = notification.message, notification.descriptor
    text = (message and (message.text or message.markdown)) or (descriptor and descriptor.id)
    place = _place(notification)
    text = (text or "").strip() or "it reported an error without words"
    return text if not place or place in text else f"{place}: {text}"


def _place(notification: Notification) -> str:
    """The file and line that a notification names; empty when it names none."""
    physical = notification.locations[0].physical_location if notification.locations else None
    artifact = physical.artifact_location if physical is not None else None
    if physical is None or artifact is None or not artifact.uri:
        return ""
    path = next(iter(file_paths(artifact.uri[:_MAX_WORDS])), artifact.uri)
    line = physical.region.start_line if physical.region is not None else None
    return path if line is None else f"{path}:{line:.0f}"


def _missing(run: Run) -> str | None:
    """Without results no scan has been made (section 3.14.23); some may be elsewhere (3.13.5, 3.14.2)."""
    external = run.external_property_file_references
    if external is not None and external.results:
        return "it has results in external properties, which are not read"
    if run.results is None:
        return "its run holds no results, so what it found is not known"
    return None
