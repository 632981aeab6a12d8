"""How often the flag is right, and how late."""
