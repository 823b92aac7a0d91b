"""Bitbucket Data Center's Code Insights."""
