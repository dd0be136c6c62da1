"""The export is tested on both databases, as the store is."""

from tests.voice_app.store.conftest import server, url

__all__ = ["server", "url"]
