"""The export is tested on both databases, as the store is."""

from tests.voice_app.store.conftest import migrated_file, migrated_server, server, url

__all__ = ["migrated_file", "migrated_server", "server", "url"]
