"""Build statuses of a repository on Bitbucket Data Center, 7.14 and newer."""
