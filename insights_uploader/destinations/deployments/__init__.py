"""Deployments on Bitbucket Data Center: where a commit was brought to."""
