"""The pages of organisations: sign-in, campaigns, shared results. Plain HTML made by the server, no script needed."""
