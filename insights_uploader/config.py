"""Floor 2: the settings file: found in the checkout, or named by the user.

Whoever may write to a branch writes the file in its checkout, so such a file is not trusted: it
sets selection, mapping and presentation, and never where results go or what proves who we are.
"""

import contextlib
import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from insights_uploader.credentials import variable_of
from insights_uploader.model.errors import UsageError

NAME = "insights-uploader.toml"
TABLE = "insights-uploader"
NEAR = 0.75
"""How alike two names are, by difflib, when one may be a slip for the other."""
_MAX_BYTES = 1 << 18
_MAX_WORDS = 500
_MAX_DOTS = 12
"""Between the parts of one key: tomllib takes time that grows with their square."""
_NO_DOTS = re.compile(
    r"#[^\n]*+"
    r'|"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5})?+|"(?:[^"\\\n]++|\\.)*+"?+'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5})?+|'[^'\n]*+'?+",
    re.DOTALL,
)
"""Comments and strings, whose dots stand between no parts of a key. Up to two quotes of one may precede
those that end it."""
_KEY = re.compile(r"[\w \t.-]++")

POLICY = (
    "include", "exclude", "ignore", "min_severity", "rule",
    "fail_on", "min_coverage", "min_changed_coverage", "min_path_match", "filter", "context", "relocate",
    "path_alias", "report", "key",
)  # fmt: skip
"""The keys that decide what passes; `--policy-from` takes them from a commit of its own."""

_OF_A_RUN = (
    "build-status", "changes", "checkout", "commit", "config", "diff", "exit-zero", "force",
    "on-upload-error", "policy-from", "prune", "quiet", "receipt", "verbose",
)  # fmt: skip
"""Options that say what one run is to do, and that no file sets."""
_WITHOUT_VARIABLE = ("build-status", "quiet", "verbose")
_TYPES = {
    "array": "a list, [...]",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "object": "a table",
    "str": "text, in quotes",
}
"""What msgspec calls a type, and what users do."""
_WRONG_TYPE = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_MISSING_KEY = re.compile(r"Object missing required field `([^`]+)`")


class _Table(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True):
    """A table of the file; an unknown key is an error."""


class PathAlias(_Table, frozen=True):
    """Paths that begin with `from` lie below `to`."""

    from_: str = msgspec.field(name="from")
    to: str


class RuleSetting(_Table, frozen=True):
    """What is different for some rules.

    Attributes:
        match: a glob for rules, or for `tool:rule`.
        severity: low, medium or high.
        type: vulnerability, code_smell or bug.
    """

    match: str
    severity: str | None = None
    type: str | None = None


class ReportSetting(_Table, frozen=True):
    """Tools whose results share one report.

    Attributes:
        tools: globs for their names.
        key: of the report, below the common prefix.
        title: of the report.
    """

    tools: list[str]
    key: str
    title: str | None = None


_TABLES = {"rule": RuleSetting, "report": ReportSetting, "path-alias": PathAlias}


class Settings(_Table, frozen=True):
    """All that a file may set; None is not set. The names are those of the options."""

    filter: str | None = None
    context: int | None = None
    relocate: bool | None = None
    include: list[str] | None = None
    exclude: list[str] | None = None
    ignore: list[str] | None = None
    min_severity: str | None = None
    max_annotations: int | None = None
    key: str | None = None
    title: str | None = None
    reporter: str | None = None
    link: str | None = None
    logo_url: str | None = None
    fail_on: str | None = None
    min_coverage: float | None = None
    min_changed_coverage: float | None = None
    min_path_match: float | None = None
    path_alias: list[PathAlias] | None = None
    rule: list[RuleSetting] | None = None
    report: list[ReportSetting] | None = None


class TrustedSettings(Settings, frozen=True):
    """What a file may set besides that the user names with --config."""

    base: str | None = None
    two_dot: bool | None = None
    pull_request: int | str | None = None
    url: str | None = None
    project: str | None = None
    repository: str | None = None
    token_file: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    allow_http: bool | None = None
    tries: int | None = None
    deadline: float | None = None
    on_bad_input: str | None = None
    to: list[str] | None = None
    optional: list[str] | None = None
    build_key: str | None = None
    build_name: str | None = None
    build_url: str | None = None
    build_number: str | None = None
    build_parent: str | None = None


class SettingsFile(msgspec.Struct, frozen=True):
    """A settings file that was read.

    Attributes:
        path: as it is shown to the user; None when there is no file.
        settings: what it sets.
        ignored: another file with settings, before which this one comes.
    """

    path: str | None
    settings: Settings
    ignored: str | None = None

    def values(self) -> Mapping[str, Any]:
        """The keys that are set, by the name of their option."""
        return {
            name: value
            for name in self.settings.__struct_fields__
            if (value := getattr(self.settings, name)) is not None
        }


def read(root: Path, named: Path | None) -> SettingsFile:
    """Read the file that the user named, else the one in the checkout, if there is one.

    Args:
        root: the checkout's folder.
        named: the value of --config.

    Raises:
        UsageError: the file cannot be read, or a key or a value in it is wrong.
    """
    if named is not None:
        table = _toml(named)
        if named.name == "pyproject.toml":
            table = _own_table(table) or {}
        return SettingsFile(str(named), _settings(table, named, TrustedSettings))
    own, project = root / NAME, root / "pyproject.toml"
    if own.is_symlink() or own.exists():
        settings = _settings(_toml(_inside(own, root)), Path(NAME), Settings)
        return SettingsFile(NAME, settings, _ignored(project, root))
    if project.is_file():
        table = _own_table(_toml(_inside(project, root), Path(project.name)))
        if table is not None:
            return SettingsFile(project.name, _settings(table, Path(project.name), Settings))
    return SettingsFile(None, Settings())


def policy_of(read_file: Callable[[str], bytes | None], revision: str) -> Mapping[str, Any]:
    """What a commit's settings file says of the gate, ignores and severities, by option's name.

    A key that is not set there is None, so that nothing else than the default takes its place.

    Args:
        read_file: gives a file of that commit; None when it has none of that name.
        revision: as the user named it, for messages.

    Raises:
        UsageError: the file is not TOML, or a key or a value in it is wrong.
    """
    for name in (NAME, "pyproject.toml"):
        content = read_file(name)
        if content is None:
            continue
        shown = Path(f"{revision}:{name}")
        table: Any = _parsed(content, shown)
        if name != NAME:
            table = _own_table(table)
            if table is None:
                continue
        settings = _settings(table, shown, Settings)
        return {key: getattr(settings, key) for key in POLICY}
    return dict.fromkeys(POLICY)


def _ignored(project: Path, root: Path) -> str | None:
    """The pyproject.toml, if it has settings, too; one that cannot be read has none."""
    with contextlib.suppress(UsageError):
        if project.is_file() and _own_table(_toml(_inside(project, root))) is not None:
            return project.name
    return None


def _own_table(pyproject: dict[str, Any]) -> Any:
    """`[tool.insights-uploader]` of a pyproject.toml; None without one."""
    tool = pyproject.get("tool")
    return tool.get(TABLE) if isinstance(tool, dict) else None


def _inside(path: Path, root: Path) -> Path:
    """Refuse a link that leads out of the checkout."""
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError):
        raise UsageError("bad-config", f"{path.name}: is a link that leads nowhere") from None
    if not resolved.is_relative_to(root.resolve()):
        raise UsageError("bad-config", f"{path.name}: is a link that leads out of the checkout")
    return resolved


def _toml(path: Path, shown: Path | None = None) -> dict[str, Any]:
    shown = shown or path
    try:
        if path.exists() and not path.is_file():
            raise UsageError("bad-config", f"{shown}: is not a regular file")
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError("bad-config", f"{shown}: {error.strerror}") from None
    return _parsed(content, shown)


def _parsed(content: bytes, shown: Path) -> dict[str, Any]:
    if len(content) > _MAX_BYTES:
        raise UsageError("bad-config", f"{shown}: is larger than {_MAX_BYTES} bytes")
    try:
        text = content.decode()
        if any(key.count(".") > _MAX_DOTS for key in _KEY.findall(_NO_DOTS.sub("_", text))):
            raise ValueError(f"a key has more than {_MAX_DOTS} dots")
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or an absurd number
        words = str(error)[:_MAX_WORDS]
        raise UsageError("bad-config", f"{shown}: is not TOML that can be used: {words}") from None


def _settings(table: object, path: Path, kind: type[Settings]) -> Settings:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        where = place.rstrip("`").lstrip(".")
        key = message.partition("unknown field `")[2].rstrip("`")
        if not key:
            words = f"{path}: {where or 'the table'}: {_reason(message, where)}"
            raise UsageError("bad-config", words) from None
        full = f"{where}.{key}" if where else key
        raise UsageError("unknown-setting", *_unknown(full, key, path, kind)) from None


def _reason(message: str, where: str) -> str:
    """What msgspec says of a value, in words of TOML."""
    if missing := _MISSING_KEY.fullmatch(message):
        return f"{missing[1]} is missing"
    types = _WRONG_TYPE.fullmatch(message)
    if types is None:
        return message[:1].lower() + message[1:]
    if where in _TABLES and types[2] == "object":
        return f"is written as [[{where}]], with double brackets, once for each"
    wanted = [_TYPES.get(name, name) for name in types[1].split(" | ") if name != "null"]
    return f"must be {' or '.join(wanted)}, and is {_TYPES.get(types[2], types[2])}"


def _unknown(full: str, key: str, path: Path, kind: type[Settings]) -> Sequence[str]:
    """Message and hint for an unknown key."""
    trusted = set(TrustedSettings.__struct_encode_fields__) - set(Settings.__struct_encode_fields__)
    if full in trusted and kind is Settings:
        return (
            f"{path}: {full}: must not be set by a file in the checkout, which anybody can write "
            "who may push a branch",
            f"Give it as --{full}, in the environment, or in a file outside that --config names.",
        )
    if full in _OF_A_RUN:
        variable = f"INSIGHTS_UPLOADER_{full.replace('-', '_').upper()}"
        where = "" if full in _WITHOUT_VARIABLE else f", or in the variable {variable}"
        return (
            f"{path}: {full}: is an option of a single run, and stands in no file",
            f"Give it as --{full}{where}.",
        )
    known = _TABLES.get(full.partition("[")[0], kind).__struct_encode_fields__
    near = difflib.get_close_matches(key, known, n=1, cutoff=NEAR)
    if secret := variable_of(full):
        hint = f"Secrets stand in no settings file: set {secret}."
    elif full == "tool" and path.name != "pyproject.toml":
        hint = f"[tool.{TABLE}] belongs to pyproject.toml; here the keys stand without a header."
    elif near:
        hint = f"Did you mean {near[0]}?"
    else:
        hint = f"Known are: {', '.join(known)}."
    return f"{path}: {full}: there is no such setting", hint
