"""Apps that one lets act."""

from uuid import UUID

from chatter.oauth.schemas import App, AppList, AppRequest, Asked, DeviceLookup, MemberApp, MemberAppList
from chatter_dashboard.api.calls import Calls

__all__ = ["AppsApi"]


class AppsApi:
    """`/me/apps` and `/oauth`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self) -> list[App]:
        """The apps that one lets act, the newest first."""
        return (await self._calls.get("/me/apps", AppList)).items

    async def revoke(self, app_id: UUID) -> None:
        """Let an app act no longer."""
        await self._calls.act("DELETE", f"/me/apps/{app_id}")

    async def of_members(self) -> list[MemberApp]:
        """What members let act, the newest first."""
        return (await self._calls.get("/apps", MemberAppList)).items

    async def revoke_any(self, app_id: UUID) -> None:
        """Take an app back, whoever lets it act."""
        await self._calls.act("DELETE", f"/apps/{app_id}")

    async def asked(self, request: AppRequest) -> Asked:
        """What an app asks, and the word that the answer needs."""
        return await self._calls.send("POST", "/oauth/asked", Asked, body=request)

    async def asked_by_device(self, user_code: str) -> Asked:
        """The same for the device that shows this code."""
        return await self._calls.send("POST", "/oauth/device/asked", Asked, body=DeviceLookup(user_code=user_code))
