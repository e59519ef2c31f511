"""Requests to a live gateway, with the user's key."""
