"""Floor 2: results files, the Parser contract, and which plugin reads which file."""
