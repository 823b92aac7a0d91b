"""A faithful, strict, in-memory stand-in for Bitbucket Data Center.

It serves the part of the server that Code Insights needs over a real git
repository, and refuses what the real server refuses. Start with `server.py`.
"""
