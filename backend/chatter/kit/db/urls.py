"""The addresses of the database, one a role."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from chatter.kit.crypto import derive

__all__ = ["DatabaseUrls"]


@dataclass(frozen=True, kw_only=True)
class DatabaseUrls:
    """`admin` may create roles and tables; the others are what the program runs as."""

    admin: str
    app: str
    platform: str

    @classmethod
    def derived(
        cls, admin: str, *, secret_key: str, app: str | None = None, platform: str | None = None
    ) -> "DatabaseUrls":
        """The roles' addresses from the administrator's; their passwords come from the secret key."""
        return cls(
            admin=admin,
            app=app or _as_role(admin, role="chatter_app", secret_key=secret_key),
            platform=platform or _as_role(admin, role="chatter_platform", secret_key=secret_key),
        )

    @property
    def app_sqlalchemy(self) -> str:
        return _sqlalchemy(self.app)

    @property
    def admin_sqlalchemy(self) -> str:
        return _sqlalchemy(self.admin)

    @property
    def app_password(self) -> str | None:
        return urlsplit(self.app).password

    @property
    def platform_password(self) -> str | None:
        return urlsplit(self.platform).password


def _as_role(url: str, *, role: str, secret_key: str) -> str:
    parts = urlsplit(url)
    password = derive(secret_key, purpose=f"database-role:{role}").hex()
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role)}:{password}@{address}"))


def _sqlalchemy(url: str) -> str:
    return "postgresql+asyncpg" + url[url.index("://") :]
