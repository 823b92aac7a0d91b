"""The installed program, as tests run it."""

import subprocess
from collections.abc import Callable

Run = Callable[..., subprocess.CompletedProcess[str]]
"""Takes the arguments; `cwd`, `stdin` and environment variables by keyword."""

TOKEN, OTHER_TOKEN = "the-token", "another-token"
"""Both open the sandbox, each as a user of its own."""
