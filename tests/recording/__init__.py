"""Records cassettes with pytest-recording, and replays them in an ordinary run."""
