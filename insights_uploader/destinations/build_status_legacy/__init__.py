"""Build statuses of a commit, whatever its repository, as older servers have them."""
