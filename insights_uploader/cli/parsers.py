"""`insights-uploader parsers`: the plugins that are installed."""

import click

from insights_uploader.cli.speaking import say
from insights_uploader.inputs.plugins import installed


@click.command("parsers")
def command() -> int:
    """List the parser plugins: format, and the package that brings it; broken ones with the reason.

    A format's name goes before a path to name it outright: 'sarif:out/*.json'.
    """
    plugins = installed()
    width = max(map(len, [*plugins.parsers, *(p.name for p in plugins.broken)]), default=0)
    for name, origin in plugins.origins.items():
        say(f"{name:<{width}}  {origin}")
    for plugin in plugins.broken:
        say(f"{plugin.name:<{width}}  {plugin.origin}  BROKEN: {plugin.reason}")
    return 0
