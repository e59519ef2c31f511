"""Putting the skill where agents look for it. Part of the whole package, not of the installed skill."""
