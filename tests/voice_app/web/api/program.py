"""A program that asks the JSON API, for its tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.organization.scopes import Scope
from tests.voice_app.web.organization.desk import Desk


@dataclass
class Program:
    """A program that holds a token of the Maison Bleue with all scopes."""

    desk: Desk
    token: str

    @classmethod
    async def open(cls, folder: Path) -> Program:
        desk = await Desk.open(folder)
        admin = desk.members["admin"]
        token, _ = await desk.access.make_token(admin.organization.id, "Tableau de bord", tuple(Scope), admin)
        return cls(desk, token)

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any, Mapping[str, str]]:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        answer = await self.desk.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **options)
        if "pdf" in answer.content_type or "audio" in answer.content_type:
            return answer.status_code, await answer.get_data(as_text=False), answer.headers
        body = await answer.get_data(as_text=True)
        return answer.status_code, json.loads(body) if "json" in answer.content_type else body, answer.headers

    async def get(self, path: str) -> Any:
        status, told, _ = await self.ask("GET", path)
        assert status == 200, told
        return told

    @property
    def here(self) -> str:
        return f"/organizations/{self.desk.ours}"
