"""The JSON API for programs: tokens with scopes, pages with cursors, problems as RFC 9457 says."""
