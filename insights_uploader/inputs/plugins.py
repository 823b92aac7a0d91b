"""The parser plugins that are installed, and which of them reads a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points

import msgspec

from insights_uploader.inputs.parser import Parser
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import ResultsError, UsageError

GROUP = "insights_uploader.parsers"


class BrokenPlugin(msgspec.Struct, frozen=True):
    """A plugin that is installed and cannot be used.

    Attributes:
        name: its format's name.
        origin: the distribution that brought it, with its version.
        reason: what went wrong.
    """

    name: str
    origin: str
    reason: str


class Plugins(msgspec.Struct, frozen=True):
    """What is installed.

    Attributes:
        parsers: by format name, sorted.
        origins: the distribution and version of each, by format name.
        broken: those that were skipped; each is named to the user, none stops the others.
    """

    parsers: Mapping[str, Parser]
    origins: Mapping[str, str] = {}
    broken: Sequence[BrokenPlugin] = ()

    def named(self, name: str) -> Parser:
        """The parser of a format that the user named outright.

        Raises:
            UsageError: no such plugin works here.
        """
        parser = self.parsers.get(name)
        if parser is not None:
            return parser
        for plugin in self.broken:
            if plugin.name == name:
                raise UsageError(
                    "broken-plugin", f"the parser {name} of {plugin.origin} fails: {plugin.reason}"
                )
        raise UsageError(
            "unknown-format",
            f"there is no parser named {name}",
            f"Installed are: {', '.join(self.parsers)}.",
        )

    def detect(self, source: Source) -> Parser:
        """The parser of a file's format, found by its content.

        Raises:
            ResultsError: no parser knows the file, or several do.
        """
        head = source.head()
        able = [parser for parser in self.parsers.values() if parser.sniff(head, source.filename)]
        if len(able) == 1:
            return able[0]
        if not able:
            broken = "".join(f" Broken plugin: {p.name} ({p.reason})." for p in self.broken)
            raise ResultsError(
                "unknown-format",
                f"{source.path}: is of no known format",
                f"Known are: {', '.join(self.parsers)}. If it is one of them, say so: "
                f"'{next(iter(self.parsers), 'sarif')}:{source.path}'.{broken}",
            )
        names = " or ".join(parser.name for parser in able)
        raise ResultsError(
            "ambiguous-format",
            f"{source.path}: could be {names}",
            f"Say which: '{able[0].name}:{source.path}'.",
        )


def installed() -> Plugins:
    """Load every plugin of the entry-point group."""
    return load(entry_points(group=GROUP))


def load(points: Iterable[EntryPoint]) -> Plugins:
    """Load the plugins that entry points name; a broken one is kept as such."""
    parsers: dict[str, Parser] = {}
    origins: dict[str, str] = {}
    broken: list[BrokenPlugin] = []
    for point in sorted(points, key=lambda p: (p.name, p.value)):
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        if point.name in parsers:
            reason = f"{origins[point.name]} already brings a parser of this name"
            broken.append(BrokenPlugin(point.name, origin, reason))
            continue
        parser, reason = _loaded(point)
        if parser is None:
            broken.append(BrokenPlugin(point.name, origin, reason))
        else:
            parsers[point.name], origins[point.name] = parser, origin
    return Plugins(parsers, origins, tuple(broken))


def _loaded(point: EntryPoint) -> tuple[Parser | None, str]:
    """A plugin's parser, or the reason why there is none."""
    try:
        make: Callable[[], object] = point.load()
        parser = make()
    except Exception as error:  # noqa: BLE001 - somebody else's code; any failure of it is its own
        return None, f"{type(error).__name__}: {error}"
    if not isinstance(parser, Parser):
        return None, "it is no Parser: it lacks name, sniff or parse"
    if parser.name != point.name:
        return None, f"it calls itself {parser.name!r} and is registered as {point.name!r}"
    return parser, ""
