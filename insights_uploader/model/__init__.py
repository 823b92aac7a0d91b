"""Floor 1: the words all other rooms speak; imports nothing of ours."""
