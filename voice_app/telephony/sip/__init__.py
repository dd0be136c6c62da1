"""Signalling: SIP messages, transactions, dialogs, registration. It knows nothing of sound but its description."""
