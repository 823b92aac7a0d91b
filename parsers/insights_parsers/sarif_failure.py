"""Whether a SARIF run ended well: what its tool says, and whether its results are there at all."""

from insights_parsers.sarif_schema import Invocation, Level, Run


def failure(run: Run) -> str | None:
    """Why a run is no pass, however few results it holds; None when it ended well."""
    told = (_told(invocation) for invocation in run.invocations or ())
    return next((words for words in told if words is not None), _missing(run))


def _told(invocation: Invocation) -> str | None:
    """The tool's own words (sections 3.20.14 and 3.20.21)."""
    for notification in invocation.tool_execution_notifications or ():
        if notification.level is Level.ERROR:
            text = notification.message.text if notification.message else None
            return text or "it reported an error without words"
    if invocation.execution_successful is False:
        code = "" if invocation.exit_code is None else f" with exit code {invocation.exit_code}"
        return invocation.exit_code_description or f"it ended unsuccessfully{code}"
    return None


def _missing(run: Run) -> str | None:
    """Without results no scan has been made (section 3.14.23); some may be elsewhere (3.14.2)."""
    external = run.external_property_file_references
    if external is not None and external.results:
        return "its results are in other files, which are not read"
    if run.results is None:
        return "its run holds no results, so what it found is not known"
    return None
