"""Sites and their hub: the line, bundles, files, what the operator sees. Decisions are in `engine.sync`."""
