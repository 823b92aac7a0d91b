"""Floor 5: the servers' APIs, one package each: payload.py (pure) and client.py."""
