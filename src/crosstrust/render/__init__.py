"""Verdicts and trust data to text. Pure: nothing here decides anything about trust."""
