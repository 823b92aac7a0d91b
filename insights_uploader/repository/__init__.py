"""Floor 2: the checkout: git, its commits and files, and where a tool's path lies in it."""
