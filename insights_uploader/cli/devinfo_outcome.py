"""From the settings to development information on Jira as a destination of a run's outcome."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from insights_uploader.cli.described_devinfo import base_of, pages_of, pull_request_of
from insights_uploader.cli.jira_issues import branch_of, issues_of
from insights_uploader.cli.jira_site import connected_jira
from insights_uploader.cli.settling import Settled
from insights_uploader.destinations.jira_devinfo.gathering import Found, Naming, found_in, source
from insights_uploader.destinations.jira_devinfo.outcome import JiraDevInfoOutcome
from insights_uploader.destinations.jira_devinfo.pages import RepositoryPages
from insights_uploader.model.errors import CheckoutError, UsageError
from insights_uploader.outcome import Outcome
from insights_uploader.repository.checkout import Checkout

_BRANCH = "refs/heads/"
_UNKNOWN = ("https://bitbucket.example.com", "PROJECT", "REPOSITORY")


def jira_devinfo_outcome(settings: Settled, stack: ExitStack | None) -> JiraDevInfoOutcome:
    """The run's commits, its branch, and the pull request that it was made for.

    Args:
        settings: of this run; where Jira is and who we are there the environment says.
        stack: closes the way there; None where nothing is to be sent, which needs neither
            credentials nor a repository's address.

    Raises:
        UsageError: there is an issue, and no way to Jira; or it is not said which repository.
        CheckoutError: git fails.
    """
    names_issues = bool(issues_of(settings).keys or settings["pull_request"])
    site = stack.enter_context(connected_jira(settings)) if stack and names_issues else None
    is_named = all(settings[name] for name in ("url", "project", "repository"))
    pages = pages_of(settings) if stack or is_named else RepositoryPages(*_UNKNOWN)
    return JiraDevInfoOutcome(site, partial(_gathered, settings, pages))


def _gathered(settings: Settled, pages: RepositoryPages, outcome: Outcome) -> Found:
    pull = pull_request_of(settings, outcome.pull_request)
    branch = outcome.ref.removeprefix(_BRANCH) if outcome.ref else None
    try:
        branch = branch or (pull.branch if pull else branch_of(settings, None))
        checkout = Checkout(settings["checkout"], os.environ)
        base = outcome.base if outcome.base != outcome.commit else None
        left_out: Sequence[str] = ()
        if outcome.base is None:  # as where Bitbucket Cloud compared
            base, left_out = base_of(checkout, settings, None, outcome.commit)
        given = source(checkout, base, outcome.commit, branch, pull)
    except CheckoutError as error:  # of this destination alone: the others go on
        raise UsageError(error.slug, error.message, error.hint) from None
    found = found_in(given, Naming(pages=pages, sequence=outcome.updated_ms))
    return Found(found.repositories, [*left_out, *found.left_out])
