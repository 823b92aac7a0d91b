"""The value of every option, and where it comes from: flag, environment, file, CI, git, default."""

import difflib
import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from insights_uploader import config
from insights_uploader.ci.build import Build
from insights_uploader.ci.detection import detect
from insights_uploader.cli.bad_values import reason, variable_of
from insights_uploader.cli.options import PREFIX, PUBLISH_VARIABLES
from insights_uploader.cli.surroundings import told
from insights_uploader.credentials import variable_of as secret_variable
from insights_uploader.destinations.bitbucket_cloud.address import is_cloud
from insights_uploader.model.errors import UsageError
from insights_uploader.preview.plain import plain
from insights_uploader.repository.checkout import Checkout

_FROM_TABLES = ("path_alias", "rule", "report")
"""Keys of a settings file that are tables, read as what they are to become."""

_DEFAULT = "default"


class Settled(msgspec.Struct, frozen=True):
    """All settings of a run.

    Attributes:
        values: by the option's name, dashes as underscores.
        origins: where each comes from, in words.
        file: the settings file; None without one.
        ignored: another settings file, which does not count.
        build: what the CI says of this build; None without a CI.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    file: str | None
    build: Build | None = None
    ignored: str | None = None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def settle(options: Mapping[str, Any], checkout: Callable[[], Checkout]) -> Settled:
    """Give every option its value.

    Args:
        options: as click parsed them in the current context.
        checkout: finds the checkout, where a settings file may lie.

    Raises:
        UsageError: the settings file cannot be used.
        CheckoutError: there is no checkout, or no such commit.
    """
    context = click.get_current_context()
    _check_environment(context, os.environ)
    found = config.read(checkout().root, options["config"])
    values: dict[str, Any] = dict.fromkeys(_FROM_TABLES) | dict(options)
    origins = {option.name: _origin(context, option) for option in context.command.params}
    origins = {name: origins[name] for name in options}
    from_file = {name: (value, str(found.path)) for name, value in found.values().items()}
    revision = options["policy_from"]
    if revision is not None:
        if not revision.strip():
            raise UsageError(
                "no-policy", "--policy-from: is empty", "Is the variable set that should name it?"
            )
        policy = config.policy_of(lambda path: checkout().file_at(revision, path), revision)
        if options["config"] is None:  # a file that the user named is trusted and comes first
            from_file = {name: pair for name, pair in from_file.items() if name not in policy}
        set_there = {name: value for name, value in policy.items() if value is not None}
        there = {name: (value, f"commit {revision}") for name, value in set_there.items()}
        from_file = there | from_file
    for name, (value, origin) in from_file.items():
        if origins.get(name, _DEFAULT) == _DEFAULT:
            values[name] = _converted(context, name, value, origin)
            origins[name] = origin
    build = detect(os.environ)
    if build is not None and origins.get("url", _DEFAULT) != _DEFAULT and values["url"]:
        build = build.on(cloud=is_cloud(values["url"]))
    for name, value, origin in told(build, checkout()):
        if origins.get(name) == _DEFAULT and not (name == "base" and values["diff"]):
            values[name], origins[name] = value, origin
    return Settled(values, origins, found.path, build, found.ignored)


def _origin(context: click.Context, option: click.Parameter) -> str:
    """Where click took an option's value from."""
    source = context.get_parameter_source(option.name or "")
    if source is ParameterSource.ENVIRONMENT:
        return f"the environment: {variable_of(option)}"
    return "the command line" if source is ParameterSource.COMMANDLINE else _DEFAULT


def _check_environment(context: click.Context, environ: Mapping[str, str]) -> None:
    """Refuse a variable of ours that no option of any command knows."""
    known = {f"{PREFIX}{(p.name or '').upper()}" for p in context.command.params}
    known |= PUBLISH_VARIABLES
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            words = f"{name}: there is no such setting"
            raise UsageError("unknown-setting", words, _meant(name.removeprefix(PREFIX), known))


def _meant(name: str, known: Collection[str]) -> str:
    """What to do instead of setting a variable that nobody reads; names are without our prefix."""
    if variable := secret_variable(name):
        return f"Set {variable} instead."
    if name.lower() in _FROM_TABLES:
        return f"It stands in the settings file only, as [[{name.lower()}]]."
    options = [each.removeprefix(PREFIX) for each in known]
    near = difflib.get_close_matches(name, options, n=1, cutoff=config.NEAR)
    return f"Did you mean {PREFIX}{near[0]}?" if near else "See --help for the options."


def _converted(context: click.Context, name: str, value: Any, path: str) -> Any:
    """A file's value as its option would have it."""
    if name in _FROM_TABLES:
        return value
    option = next(p for p in context.command.params if p.name == name)
    try:
        return option.type_cast_value(context, value)
    except click.BadParameter as error:
        key = name.replace("_", "-")
        raise UsageError("bad-config", f"{path}: {key}: {reason(error)}") from None


def _open(name: str, value: Any) -> Any:
    """A value without what nobody may see: people write a password into an address."""
    _, at, host = value.rpartition("@") if name == "url" else ("", "", value)
    return f"***@{host}" if at else value


def _shown(value: Any) -> str:
    """A value as a file would have it."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_shown, value))
    if isinstance(value, msgspec.Struct):
        fields = ((name.strip("_"), getattr(value, name)) for name in value.__struct_fields__)
        return " ".join(f"{name}={_shown(given)}" for name, given in fields if given is not None)
    return str(value).lower() if isinstance(value, bool) else plain(str(value))


def origins_text(settled: Settled) -> str:
    """Every setting that is not the default, with its value and its origin."""
    lines = [
        f"  {name.replace('_', '-')} = {_shown(_open(name, settled.values[name]))} ({origin})"
        for name, origin in settled.origins.items()
        if origin != _DEFAULT and name != "results"
    ]
    if settled.ignored is not None:
        lines.append(f"  {settled.ignored} is ignored: {settled.file} comes before it")
    if settled.build is not None:
        others = "".join(f", {name} is there too" for name in settled.build.others)
        lines.append(f"  the CI is {settled.build.ci}{others}")
        lines += [f"  {name} is ignored: {why}" for name, why in settled.build.ignored.items()]
    return "\n".join(["settings:", *lines]) if lines else "settings: all by default"
