"""The service: the conversation, the channels it runs over, and the thin adapters around it."""
