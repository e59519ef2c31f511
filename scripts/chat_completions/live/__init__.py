"""Asking a live gateway, with the user's own key."""
