"""Sign-in by a provider (OpenID Connect). Knows no page, no account and no store."""
