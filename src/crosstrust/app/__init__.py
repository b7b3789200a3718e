"""The use cases: here alone sources, schemes, clock and settings are joined."""
