"""What a sandbox is as Bitbucket Cloud."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """One workspace, and the logins that open its repository.

    Attributes:
        workspace: its id, as it stands in addresses.
        email: of the account whose API token it is.
        api_token: that account's; it goes as Basic with the address.
        access_token: the repository's own, which goes as Bearer and is a user of its own.
        read_token: another of its kind, which may only read.
        client_id: of an OAuth consumer.
        client_secret: likewise.
        token_lifetime_s: after how many seconds a token of OAuth ends.
        annotation_limit: of one report.
        indexed: whether it is known in which pull requests a commit is; it takes an app that
            nobody may have installed.
        forks: branches that are in a fork's repository, by its full name.
    """

    workspace: str = "acme"
    email: str = "ada@example.com"
    api_token: str = field(default="sandbox-api-token", repr=False)
    access_token: str = field(default="sandbox-access-token", repr=False)
    read_token: str = field(default="sandbox-read-token", repr=False)
    client_id: str = "sandbox-consumer"
    client_secret: str = field(default="sandbox-consumer-secret", repr=False)
    token_lifetime_s: float = 7200.0
    annotation_limit: int = 1000
    indexed: bool = True
    forks: dict[str, str] = field(default_factory=dict)
