"""Floor 6: shows a plan to people."""
