"""Keys, tokens and pre-signed URLs, made after the contract and not with the published client."""
import base64
import datetime
import json
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALL = ("object.read", "object.write", "object.delete")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def base64url_json(value) -> str:
    return base64url(json.dumps(value).encode())


class Key:
    """One version of a key id."""

    def __init__(self, kid: str):
        self.kid = kid
        self.private = Ed25519PrivateKey.generate()

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def private_pem(self) -> bytes:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def write_public(self, path):
        path.write_bytes(self.public_pem)

    def token(self, usecase: str, scopes: dict, permissions=ALL, lasts_s: float = 3600, **claims) -> str:
        header = {"alg": "EdDSA", "typ": "JWT", "kid": self.kid}
        body = {
            "exp": int(time.time() + lasts_s),
            "res": {"os:usecase": usecase, **scopes},
            "permissions": list(permissions),
            **claims,
        }
        signed = f"{base64url_json(header)}.{base64url_json(body)}"
        return f"{signed}.{base64url(self.private.sign(signed.encode()))}"

    def header(self, *arguments, **more) -> dict:
        return {"x-os-auth": f"Bearer {self.token(*arguments, **more)}"}

    def presign(self, method: str, target: str, lasts_s: int = 600) -> str:
        """The target with a signature in its query."""
        path, _, query = target.partition("?")
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        own = f"os_kid={self.kid}&os_timestamp={now}&os_duration={lasts_s}"
        query = f"{query}&{own}" if query else own
        pieces = []
        for piece in query.split("&"):
            name, equals, value = piece.partition("=")
            pieces.append(name.lower() + equals + value)
        shown = "GET" if method == "HEAD" else method
        canonical = "\n".join([shown, path, "&".join(sorted(pieces))])
        return f"{path}?{query}&os_sig={base64url(self.private.sign(canonical.encode()))}"
