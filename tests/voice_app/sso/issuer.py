"""A provider that is real in everything but its people: an HTTP server that signs tokens and checks what it is sent."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "voice-app", "s3cret of the client"


@dataclass
class Issuer:
    """What it signs with, what it tells, and which fault it shall make."""

    address: str = ""
    keys: list[Any] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    """Changes the id token's claims; None takes one away."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    signed_userinfo: bool = True
    basic: bool = False
    subject: str = "sub-ada"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    foreign_key: Any = None
    """Signs with this key instead of one that is published."""
    header: dict[str, str] = field(default_factory=dict)

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is published no longer."""
        self.keys = [RSAKey.generate_key(2048, parameters={"kid": f"key-{time.monotonic_ns()}", "use": "sig"})]

    def sign(self, claims: dict[str, Any]) -> str:
        key = self.foreign_key or self.keys[0]
        algorithm = {"RSA": "RS256", "EC": "ES256", "oct": "HS256"}[key.key_type]
        header = {"alg": algorithm, "kid": self.keys[0].kid, **self.header}
        return jwt.encode(header, claims, key)

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "sub": self.subject,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        claims |= self.claims
        return self.sign({name: value for name, value in claims.items() if value is not None})


class _Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        issuer, parts = self.issuer, urlsplit(self.path)
        issuer.asked.append(parts.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path:
            case "/.well-known/openid-configuration":
                methods = ["client_secret_basic"] if issuer.basic else ["client_secret_post"]
                names = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
                names |= {"jwks_uri": "jwks", "userinfo_endpoint": "userinfo"}
                told: dict[str, Any] = {name: f"{issuer.address}/{path}" for name, path in names.items()}
                self._json({"issuer": issuer.address, "token_endpoint_auth_methods_supported": methods, **told})
            case "/jwks":
                self._json({"keys": [key.as_dict(private=False) for key in issuer.keys]})
            case "/authorize":
                code = hashlib.sha256(self.path.encode()).hexdigest()
                issuer.codes[code] = query
                self.send_response(302)
                back = urlencode({"code": code, "state": query["state"]})
                self.send_header("Location", f"{query['redirect_uri']}?{back}")
                self.end_headers()
            case "/userinfo" if self.headers["Authorization"] == "Bearer access-of-ada":
                told = {
                    "sub": issuer.subject,
                    "given_name": "Ada",
                    "usual_name": "Lovelace",
                    "email": "ada@gouv.example",
                }
                told |= issuer.userinfo
                if issuer.signed_userinfo:
                    token = issuer.sign({"iss": issuer.address, "aud": CLIENT_ID, **told})
                    self._send("application/jwt", token.encode())
                else:
                    self._json(told)
            case _:
                self._json({"error": "invalid"}, 401)

    def do_POST(self) -> None:
        issuer = self.issuer
        issuer.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        begun = issuer.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if begun is None or challenge != begun["code_challenge"] or form["redirect_uri"] != begun["redirect_uri"]:
            self._json({"error": "invalid_grant"}, 400)
        elif not self._known(form):
            self._json({"error": "invalid_client"}, 401)
        else:
            token = issuer.id_token(begun["nonce"])
            self._json({"access_token": "access-of-ada", "token_type": "Bearer", "id_token": token})

    def _known(self, form: dict[str, str]) -> bool:
        if self.issuer.basic:
            pair = base64.b64encode(f"{CLIENT_ID}:s3cret%20of%20the%20client".encode()).decode()
            return self.headers["Authorization"] == f"Basic {pair}"
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)

    def _json(self, told: dict[str, Any], status: int = 200) -> None:
        self._send("application/json", json.dumps(told).encode(), status)

    def _send(self, kind: str, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Give a provider that answers on this machine for the length of a `with`."""
    issuer = Issuer()
    issuer.keys = [RSAKey.generate_key(2048, parameters={"kid": "first", "use": "sig"})]
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"issuer": issuer}))
    issuer.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def another_key(kind: str) -> Any:
    """Give a key that was never published; "oct": the client's secret, as who confuses algorithms does."""
    if kind == "oct":
        return OctKey.import_key(CLIENT_SECRET.ljust(32, "0"))
    if kind == "EC":
        return ECKey.generate_key("P-256")
    return RSAKey.generate_key(2048)
