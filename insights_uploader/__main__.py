"""`python -m insights_uploader`."""

from insights_uploader.cli import main

main()
