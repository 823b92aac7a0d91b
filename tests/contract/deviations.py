"""Where the servers differ from Atlassian's OpenAPI files, or hold more than those say: all of it.

A deviation is an edit of one place in a file of shapes; its reason names who says so: Atlassian's
prose (the descriptions in the same file, or the pages of the API), or answers of real servers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Shapes = dict[str, Any]

_NULLABLE = {"type": ["string", "null"]}
_WEB = {"type": "string", "pattern": "https?://.+"}
_INSIGHTS = "/insights/latest/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}"
_REPOSITORY = "/api/latest/projects/{projectKey}/repos/{repositorySlug}"
_SUBJECTS = ("insights", "server", "repository", "builds", "deployments", "required-builds")
_DATA_CENTER = tuple(f"bitbucket-dc/{each}" for each in _SUBJECTS)


@dataclass(frozen=True, slots=True)
class Deviation:
    """In these files, at the end of this way, stands this value; None takes out what is there."""

    name: str
    subjects: Sequence[str]
    way: Sequence[str]
    value: Any
    reason: str

    def apply(self, shapes: Shapes) -> None:
        """Make the edit; KeyError if the way leads nowhere or nothing changes."""
        place = shapes
        *above, last = self.way
        for name in above:
            place = place[name]
        if place.get(last) == self.value:
            raise KeyError(self.name)
        if self.value is None:
            del place[last]
        else:
            place[last] = self.value


def _one(
    name: str, subject: str, way: Sequence[str], value: Any, reason: str
) -> Iterator[Deviation]:
    yield Deviation(name, (f"bitbucket-dc/{subject}",), way, value, reason)


def _field(component: str, name: str) -> Sequence[str]:
    return ("$defs", component, "properties", name)


_NOTE, _REPORT = "RestSingleAddInsightAnnotationRequest", "RestSetInsightReportRequest"
_CHANGES = ("operations", f"GET {_REPOSITORY}/pull-requests/{{pullRequestId}}/changes")
_COMMIT_CHANGES = ("operations", f"GET {_REPOSITORY}/commits/{{commitId}}/changes")
_OK = ("responses", "200", "application/json")
_PAGED = ["values", "size", "isLastPage", "start", "limit"]
_HASHES = {"fromHash": {"type": "string"}, "toHash": {"type": "string"}}
_PAGE = {
    "size": {"type": "integer"},
    "limit": {"type": "integer"},
    "start": {"type": "integer"},
    "isLastPage": {"type": "boolean"},
    "nextPageStart": {"type": ["integer", "null"]},
}
_DIFF = {
    "type": "object",
    "properties": {
        **_HASHES,
        "contextLines": {"type": "integer"},
        "whitespace": {"type": "string"},
        "diffs": {"type": "array", "items": {"$ref": "#/$defs/RestDiff"}},
        "truncated": {"type": "boolean"},
    },
    "required": ["fromHash", "toHash", "diffs", "truncated"],
}
_PATHS = (
    *(("RestDiff", name) for name in ("source", "destination")),
    *(("RestChange", name) for name in ("path", "srcPath")),
)
_OF_ISSUES = ("Commit", "Branch", "PullRequest")
_LEGACY_BUILD = {
    "type": "object",
    "properties": {
        "state": {"enum": ["SUCCESSFUL", "FAILED", "INPROGRESS"]},
        "url": {"type": "string", "minLength": 1, "maxLength": 450},
        "key": {"type": "string", "minLength": 1, "maxLength": 255},
        "name": {"type": "string", "maxLength": 255},
        "description": {"type": "string", "maxLength": 255},
    },
    "required": ["state", "key", "url"],
    "additionalProperties": False,
}
_ERROR = {
    "type": "object",
    "properties": {"errors": {"type": "array", "items": {"$ref": "#/$defs/RestErrorMessage"}}},
}
_REFUSED = {"application/json": _ERROR}

_CLOUD = "/repositories/{workspace}/{repo_slug}"
_OF_CLOUD = tuple(f"bitbucket-cloud/{each}" for each in ("insights", "builds", "pull-requests"))
_LISTS = {
    "insights": (f"{_CLOUD}/commit/{{commit}}/reports", f"{_CLOUD}/commit/{{commit}}/reports/{{reportId}}/annotations"),
    "pull-requests": (f"{_CLOUD}/diffstat/{{spec}}",),
}  # fmt: skip

_PAGES = {
    "insights": (f"{_INSIGHTS}/reports",),
    "repository": (f"{_REPOSITORY}/pull-requests", f"{_REPOSITORY}/commits/{{commitId}}/pull-requests"),
    "required-builds": ("/required-builds/latest/projects/{projectKey}/repos/{repositorySlug}/conditions",),
    "builds": ("/build-status/latest/commits/{commitId}",),
}  # fmt: skip

DEVIATIONS: Sequence[Deviation] = [
    *(
        Deviation("the last page names no next", (f"bitbucket-dc/{subject}",), ("operations", f"GET {path}", *_OK, "properties", "nextPageStart"), _PAGE["nextPageStart"], "recorded answers of real servers have null")
        for subject, paths in _PAGES.items()
        for path in paths
    ),
    *(
        Deviation("a page says where it ends", (f"bitbucket-dc/{subject}",), ("operations", f"GET {path}", *_OK, "required"), _PAGED, "every page of a real server does")
        for subject, paths in _PAGES.items()
        for path in paths
    ),
    *(
        Deviation(f"an error's {name} may be null", _DATA_CENTER, _field("RestErrorMessage", name), _NULLABLE, "recorded answers of real servers")
        for name in ("context", "exceptionName")
    ),
    *_one("a value is of any kind", "insights", (*_field("RestInsightReportData", "value"), "type"), None, "the generator wrote `object`; its own example is 9"),
    *_one("a report's details end at 2000", "insights", (*_field(_REPORT, "details"), "maxLength"), 2000, "prose of the operation"),
    *_one("an external id is shorter than 450", "insights", (*_field(_NOTE, "externalId"), "maxLength"), 449, "prose of the operation"),
    *_one("an annotation's link is one of the web", "insights", _field(_NOTE, "link"), _WEB, "prose of the operation"),
    *_one("a report's link is one of the web", "insights", _field(_REPORT, "link"), _WEB, "prose of the operation"),
    *_one("a report's logo is one of the web", "insights", _field(_REPORT, "logoUrl"), _WEB, "prose of the operation"),
    *_one("annotations are not left out", "insights", ("$defs", "RestBulkAddInsightAnnotationRequest", "required"), ["annotations"], "minItems is 1"),
    *_one("a key ends at 50", "insights", ("operations", f"PUT {_INSIGHTS}/reports/{{key}}", "path", "properties", "key", "maxLength"), 50, "mc1arke/sonarqube-community-branch-plugin #897"),
    *_one("a stored report's addresses are text", "insights", (*_field("RestInsightReport", "link"), "format"), None, "they are shown as they were sent"),
    *_one("a change is listed on pages", "repository", (*_CHANGES, *_OK), {"type": "object", "properties": {**_HASHES, **_PAGE, "values": {"type": "array", "items": {"$ref": "#/$defs/RestChange"}}}, "required": _PAGED}, "the generator wrote one change; the operation says a page"),
    *_one("a commit's changes have their ends", "repository", (*_COMMIT_CHANGES, *_OK), {"type": "object", "properties": {**_HASHES, **_PAGE, "values": {"type": "array", "items": {"$ref": "#/$defs/RestChange"}}}, "required": _PAGED}, "as those of a pull request"),
    *_one("a pull request's diff is of several files", "repository", ("operations", f"GET {_REPOSITORY}/pull-requests/{{pullRequestId}}/diff/{{path}}", *_OK), _DIFF, "the generator wrote one file's; seen in AmadeusITGroup/sonar-stash"),
    *_one("a commit's diff is of several files", "repository", ("operations", f"GET {_REPOSITORY}/commits/{{commitId}}/diff/{{path}}", *_OK), _DIFF, "likewise"),
    *_one("a commit can be asked for", "repository", ("operations", f"GET {_REPOSITORY}/commits/{{commitId}}"), {"path": {"properties": {name: {"type": "string"} for name in ("projectKey", "repositorySlug", "commitId")}}, "query": {"properties": {"path": {"type": "string"}}}, "responses": {"200": {"application/json": {"$ref": "#/$defs/RestCommit"}}, "401": _REFUSED, "404": _REFUSED}}, "Atlassian's pages; the operation is not in our part of the file"),
    *(
        Deviation("a path is shown as text too", ("bitbucket-dc/repository",), (*_field(component, name), "properties", "toString"), {"type": "string"}, "recorded answers of real servers")
        for component, name in _PATHS
    ),
    *(
        Deviation("what is new was not there, what is gone is not", ("bitbucket-dc/repository",), (*_field("RestDiff", name), "type"), ["object", "null"], "recorded answers of real servers")
        for name in ("source", "destination")
    ),
    *_one("any two commits are compared in JSON, too", "repository", ("operations", f"GET {_REPOSITORY}/diff", "responses", "200", "application/json"), _DIFF, "its raw text has the quality 0.1: it must be asked for"),
    *(
        Deviation("the pattern of an issue's key is no list's", ("jira-cloud/devinfo",), (*_field(component, "issueKeys"), "pattern"), None, "the generator wrote it one place too high")
        for component in _OF_ISSUES
    ),
    *(
        Deviation("an issue's key is one of Python's patterns", ("jira-cloud/devinfo",), (*_field(component, "issueKeys"), "items", "pattern"), r"[^\W\d_]\w{1,255}-\d{1,255}", "Atlassian's names Java's classes")
        for component in _OF_ISSUES
    ),
    *(
        Deviation("a required build says where it holds", ("bitbucket-dc/required-builds",), _field(component, name), {"type": "boolean"}, "Bitbucket 10.2 adds it, and older ones ignore it")
        for component in ("RestRequiredBuildConditionSetRequest", "RestRequiredBuildCondition")
        for name in ("requiredForPullRequest", "requiredForMergeQueue")
    ),
    *_one("a build of the legacy API has one date", "builds", _field("RestBuildStatus", "dateAdded"), {"type": "integer"}, "answers of real servers; the file shows the newer API's build"),
    *_one("the legacy API knows less than the newer one", "builds", ("operations", "POST /build-status/latest/commits/{commitId}", "request", "application/json"), _LEGACY_BUILD, "prose of the operation; the file shows the newer API's build"),
    *_one("one commit's builds are counted beside another's", "builds", ("$defs", "RestMultipleBuildStats", "additionalProperties"), {"$ref": "#/$defs/RestBuildStats"}, "the generator wrote no names, which are the commits"),
    *_one("a build that is alone in its state is shown", "builds", _field("RestBuildStats", "result"), {"$ref": "#/$defs/RestBuildStatus"}, "prose of includeUnique; under which name is our own guess"),
    Deviation("a deployment belongs to commits and repositories, too", ("jira-cloud/deployments",), ("$defs", "DeploymentData_associations_inner", "oneOf"), None, "the generator wrote `oneOf` of issues and services beside `anyOf` of all kinds"),
    Deviation("a request names no type", _OF_CLOUD, ("$defs", "object", "required"), None, "the examples of the operations have none"),
    Deviation("a value is of any kind on Cloud, too", ("bitbucket-cloud/insights",), (*_field("report_data", "value"), "type"), None, "prose of the operation: numbers, texts, objects"),
    *(
        Deviation(f"a list of Cloud has a {name}", (f"bitbucket-cloud/{subject}",), ("operations", f"GET {path}", "query", "properties", name), {"type": "integer"}, "Atlassian's page on pagination")
        for subject, paths in _LISTS.items()
        for path in paths
        for name in ("page", "pagelen")
    ),
    Deviation("a diff of Cloud is text", ("bitbucket-cloud/pull-requests",), ("operations", f"GET {_CLOUD}/diff/{{spec}}", "responses", "200"), {"text/plain": {}}, "prose of the operation"),
    Deviation("a commit of Cloud can be asked for", ("bitbucket-cloud/pull-requests",), ("operations", f"GET {_CLOUD}/commit/{{commit}}"), {"path": {"properties": {name: {"type": "string"} for name in ("workspace", "repo_slug", "commit")}}, "query": {"properties": {}}, "responses": {"200": {"application/json": {"$ref": "#/$defs/commit"}}}}, "Atlassian's pages; the operation is not in our part of the file"),
    Deviation("a required build names builds", ("bitbucket-dc/required-builds",), (*_field("RestRequiredBuildConditionSetRequest", "buildParentKeys"), "minItems"), 1, "400 without any, seen by bitbucket-data-center-cli"),
]  # fmt: skip

RELIED_UPON: Mapping[str, Sequence[str]] = {
    "RestErrorMessage": ("context", "message", "exceptionName"),
    "RestApplicationProperties": ("version",),
    "RestBuildCapabilities": ("buildStatus",),
    "RestBuildStats": ("successful", "inProgress", "failed"),
    "RestBuildStatus": ("key", "state", "url"),
    "RestInsightReport": ("key", "title"),
    "RestInsightAnnotation": ("reportKey", "message", "severity"),
    "RestInsightAnnotationsResponse": ("annotations",),
    "RestPullRequest": ("id", "state", "open", "fromRef", "toRef"),
    "RestCommit": ("id",),
    "RestChange": ("path", "type"),
    "RestDiff": ("source", "destination"),
    "RestDiffHunk": ("destinationLine", "destinationSpan", "segments"),
    "RestDiffSegment": ("type", "lines"),
    "RestDiffLine": ("destination", "line"),
}
"""What every answer of a real server has, and the OpenAPI file requires of none."""
