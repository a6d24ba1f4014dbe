"""Short-lived tokens: JWTs that this service signs and reads, and nobody else."""

from __future__ import annotations

import secrets
import time

import jwt

from api.access.principal import OF_ROLE, Principal
from api.contract.access import Role

ALGORITHM, ISSUER = "HS256", "ironcore"


class Tokens:
    """Makes and reads tokens with one secret."""

    def __init__(self, secret: str, *, token_s: float, session_s: float) -> None:
        self._secret, self.token_s, self._session_s = secret, token_s, session_s

    def make(self, name: str, role: Role, signed_in_time: float | None = None) -> str:
        """Return a token. `signed_in_time` is that of the session that it goes on with."""
        now = time.time()
        began = now if signed_in_time is None else signed_in_time
        claims = {
            "iss": ISSUER,
            "sub": name,
            "role": role.value,
            "jti": secrets.token_hex(8),
            "iat": int(now),
            "auth_time": began,
            "exp": min(now + self.token_s, began + self._session_s),
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, token: str) -> Principal | None:
        """Return who a token stands for; None when it is not ours, was changed, or is over."""
        try:
            claims = jwt.decode(
                token, self._secret, [ALGORITHM], issuer=ISSUER, options={"require": ["exp", "sub", "jti", "iss"]}
            )
            role = Role(claims["role"])
            return Principal(
                claims["sub"], role, OF_ROLE[role], float(claims["exp"]), claims["jti"], float(claims["auth_time"])
            )
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError):
            return None
