"""What is wrong with an option's value, and which variable it came from."""

import os

import click
from click.core import ParameterSource

_KINDS = {"integer range": "whole number", "float range": "number"}


def reason(error: click.BadParameter) -> str:
    """What is wrong, without click's own names for kinds of numbers."""
    words = error.message
    for name, kind in _KINDS.items():
        words = words.replace(f"is not a valid {name}", f"is no {kind}")
    return words


def in_our_words(error: click.BadParameter) -> click.BadParameter:
    """The same error, with the variable's name where one holds the value, and not the option's."""
    hint = variable(error) or error.param_hint
    return type(error)(reason(error), error.ctx, error.param, hint)


def variable(error: click.BadParameter) -> str | None:
    """The variable that holds the value; None when it comes from the command line."""
    context, option = error.ctx, error.param
    if context is None or option is None or option.name is None:
        return None
    if context.get_parameter_source(option.name) is not ParameterSource.ENVIRONMENT:
        return None
    return variable_of(option)


def variable_of(option: click.Parameter) -> str:
    """The one of an option's variables that counts: the first that is set, as click has it."""
    names = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    return next((name for name in names if os.environ.get(name)), "the environment")
