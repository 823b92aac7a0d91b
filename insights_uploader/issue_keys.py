"""Issue keys of Jira in a branch's name and in commits' messages. Pure.

A key is a project's key, a hyphen and a number: `DEMO-123`. It is in upper case, as Jira demands of
whoever names an issue there, and stands alone: before and after it is the text's end, white space
or punctuation. That is the pattern of Atlassian's own plugin for Jenkins
(jenkinsci/atlassian-jira-software-cloud-plugin), in ASCII, since the API takes no other key; a
number begins with no zero, as in Atlassian's app for GitHub.

What looks so and is none, as `UTF-8`, is left out by name (`FALSE_FRIENDS`). No list is complete, and
a project may be called like that: naming the projects is exact. Jira itself takes keys that it
does not know, and tells of them.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

_EDGE = r"[^\s!-/:-@\[-`{-~]"  # what is neither white space nor ASCII punctuation
_KEY = re.compile(rf"(?<!{_EDGE})([A-Z][A-Z0-9_]{{1,254}})-([1-9][0-9]{{0,99}})(?!{_EDGE})")
_OF_SNYK = re.compile(r"\bSNYK-[A-Z]+-[A-Z0-9_]+-[0-9]+")
"""A weakness's name, as SNYK-JS-LODASH-590103; its end looks like a key."""
_WHOLE = re.compile(r"[A-Z][A-Z0-9_]{1,254}-[1-9][0-9]{0,99}")
_PROJECT = re.compile(r"[A-Z][A-Z0-9_]{1,254}")

FALSE_FRIENDS = frozenset(
    {
        # encodings and character sets
        *("UTF", "UCS", "CP", "BASE", "LATIN", "WINDOWS"),
        # hashes, ciphers, protocols
        *("SHA", "MD", "CRC", "AES", "DES", "RSA", "HMAC", "TLS", "SSL", "HTTP", "OAUTH", "FIPS"),
        *("PKCS",),
        # who makes standards, and what they number
        *("ISO", "IEC", "IEEE", "ECMA", "ANSI", "DIN", "EN", "NIST", "RFC"),
        *("PEP", "JSR", "JEP", "ADR", "OWASP", "ICD"),
        # weaknesses
        *("CVE", "CWE", "CAPEC"),
        # licences
        *("GPL", "LGPL", "AGPL", "BSD", "MPL", "EPL"),
        # machines, versions of Java, time zones
        *("X86", "AMD", "ARM", "WIN", "JDK", "JRE", "UTC", "GMT"),
        # what CIs call pull requests, GitHub its issues, and other names
        *("PR", "MR", "GH", "TODO", "FIXME", "GPT", "COVID"),
    }
)
"""What stands before a hyphen and a number in many texts, and is a project in few places."""


def issue_keys(texts: Iterable[str], projects: Collection[str] = ()) -> Sequence[str]:
    """The keys in these texts, each once, in the order in which they stand there.

    Args:
        texts: a branch's name, messages.
        projects: keys of the projects that count, and then only they do; else all but the false
            friends.
    """
    keys = (
        match[0]
        for match in _found(texts)
        if (match[1] in projects if projects else match[1] not in FALSE_FRIENDS)
    )
    return list(dict.fromkeys(keys))


def passed_over(texts: Iterable[str], projects: Collection[str] = ()) -> Sequence[str]:
    """What looks like a key in these texts and does not count, as `issue_keys` has it."""
    keys = [match[0] for match in _found(texts)]
    counted = set(issue_keys(keys, projects))
    return [key for key in dict.fromkeys(keys) if key not in counted]


def _found(texts: Iterable[str]) -> Iterator[re.Match[str]]:
    for text in texts:
        yield from _KEY.finditer(_OF_SNYK.sub(" ", text))


def is_issue_key(text: str) -> bool:
    """True for one key alone."""
    return bool(_WHOLE.fullmatch(text))


def is_project_key(text: str) -> bool:
    """True for a project's key alone."""
    return bool(_PROJECT.fullmatch(text))
