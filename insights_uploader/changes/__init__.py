"""Floor 2: which lines of the new side a diff changed."""
