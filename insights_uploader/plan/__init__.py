"""Floor 4, pure: the plan: what a run would send, in the exact words it would send."""
