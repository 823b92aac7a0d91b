"""Build statuses of a commit on Bitbucket Cloud."""
