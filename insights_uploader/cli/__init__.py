"""The roof: the command line. Wires what lies below, decides nothing."""

import importlib

import click

from insights_uploader import __version__

_COMMANDS = {
    "publish": "Send the plan: replace the reports on the server.",
    "preview": "Show the plan; needs no server and no credentials.",
    "gate": "Judge the plan: verdict, reasons, exit code.",
    "explain": "Why a finding was or was not published.",
    "doctor": "Check the settings, the server, the token, the commit, the pull request.",
    "parsers": "The parser plugins that are installed.",
    "report": "See and change what a commit has on the server.",
    "build": "See and change the build statuses of a commit.",
    "required-builds": "See, change and check which builds a pull request must have.",
    "deployment": "See and change where a commit was deployed to.",
    "code-coverage": "Send which lines the tests ran to the Code Coverage app.",
    "jira": "Tell a Jira Cloud site of builds, deployments and development.",
    "sandbox": "Run a local stand-in for Bitbucket Data Center.",
}


class _Commands(click.Group):
    """Loads a command's module only when it is asked for, so that --help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"insights_uploader.cli.{cmd_name.replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 - our own modules
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="insights-uploader")
def cli() -> None:
    """Put the results of a CI step on the Bitbucket pull request they belong to."""
