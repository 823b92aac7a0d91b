"""What a sandbox is as a Jira Cloud site."""

from dataclasses import dataclass, field

APIS = ("builds", "deployments", "devinfo")


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """One site: who may do what there, what it knows, and how long it takes to store.

    Attributes:
        cloud_id: of the site.
        client_id: of its OAuth credentials.
        client_secret: likewise.
        token_lifetime_s: after how many seconds a token of these ends.
        app_key: of the Connect app that is installed.
        shared_secret: that this app got when it was installed.
        permitted: APIs that both may use; the others answer 403.
        issue_keys: those of its issues; None knows every key.
        stored_after_reads: what was accepted is stored after so many reads of its API.
        stored_after_s: and after so many seconds.
        body_limit: bytes; a larger request is answered with 413.
    """

    cloud_id: str = "11223344-a1b2-3b33-c444-def123456789"
    client_id: str = "sandbox-client"
    client_secret: str = field(default="sandbox-client-secret", repr=False)
    token_lifetime_s: float = 900.0
    app_key: str = "sandbox-app"
    shared_secret: str = field(default="sandbox-shared-secret-of-32-bytes", repr=False)
    permitted: frozenset[str] = frozenset(APIS)
    issue_keys: frozenset[str] | None = None
    stored_after_reads: int = 0
    stored_after_s: float = 0.0
    body_limit: int = 1024 * 1024
