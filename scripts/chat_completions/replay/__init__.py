"""Recorded traffic: cassettes, the server that replays them, and running programs against it."""
