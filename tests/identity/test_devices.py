"""One's own sessions: told apart in plain words, ended one by one or all, at once."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from chatter.identity.mail_links import send_links
from chatter.identity.user_agents import device_of
from chatter.kit.db.database import Database
from chatter.kit.mail_folder import MailFolder
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from tests.identity.test_sessions import bound
from tests.people import PASSWORD, Person, sign_up

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"
WEBKIT = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko)"


async def another(person: Person, *, user_agent: str = FIREFOX) -> Person:
    """The same person on another device."""
    body, headers = {"email": person.email, "password": PASSWORD}, {"User-Agent": user_agent}
    started = await person.client.post("/api/v1/auth/sign-in", json=body, headers=headers)
    person.client.cookies.clear()
    return replace(person, token=started.json()["token"])


async def devices(person: Person) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await person.get("/me/sessions")).json()["items"]
    return listed


class TestTheList:
    async def test_it_tells_this_device_from_others(self, owner: Person) -> None:
        await another(owner)
        listed = await devices(owner)
        assert {(one["device"], one["current"]) for one in listed} == {
            ("Firefox on Windows", False),
            ("python-httpx", True),
        }
        assert {(one["address"], one["network"]) for one in listed} == {("127.0.0.1", "here")}
        assert [one["methods"] for one in listed] == [["password"]] * 2

    async def test_it_holds_nobody_elses(self, owner: Person, client: httpx.AsyncClient) -> None:
        other = await sign_up(client)
        assert len(await devices(owner)) == len(await devices(other)) == 1

    async def test_a_session_that_an_organisation_vouches_for_knows_of_no_other_kind(
        self, owner: Person, database: Database, settings: Settings
    ) -> None:
        visitor = await bound(owner, database, settings)
        own = await devices(visitor)
        assert [(one["current"], one["bound"]) for one in own] == [(True, True)]
        kept = next(one["id"] for one in await devices(owner) if one["current"])
        assert (await visitor.delete(f"/me/sessions/{kept}")).status_code == 404
        assert (await visitor.delete("/me/sessions")).status_code == 204
        assert (await owner.get("/me")).status_code == 200

    @pytest.mark.parametrize(
        ("user_agent", "device"),
        [
            (FIREFOX, "Firefox on Windows"),
            (
                f"{WEBKIT.format('iPhone; CPU iPhone OS 18_5')} Version/18.5 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                f"{WEBKIT.format('Macintosh; Intel Mac OS X')} Chrome/139.0 Safari/537 Edg/139.0",
                "Edge on macOS",
            ),
            (f"{WEBKIT.format('Linux; Android 10; K')} Chrome/139.0 Mobile Safari/537.36", "Chrome on Android"),
            ("curl/8.5.0", "curl"),
            ("", "Unknown device"),
            ("<script>alert(1)</script>", "Unknown device"),
        ],
    )
    def test_a_device_is_named_by_what_its_browser_says(self, user_agent: str, device: str) -> None:
        assert device_of(user_agent) == device


class TestNewDevices:
    async def test_a_device_is_told_by_mail_once_and_the_first_one_never(
        self, owner: Person, services: Services
    ) -> None:
        await another(owner)
        await another(owner)
        await another(owner, user_agent="python-httpx/9.9")
        await send_links(services)
        await send_links(services)
        assert isinstance(services.mailer, MailFolder)
        mails = [one for one in await services.mailer.newest(UUID(int=0), limit=50) if one.to == owner.email]
        assert [mail.subject for mail in mails] == ["A new device is signed in"]
        assert "Firefox on Windows, 127.0.0.1, on" in mails[0].text
        assert "/account\n" in mails[0].text


class TestEnding:
    async def test_one_is_ended_at_once_and_the_others_stay(self, owner: Person) -> None:
        lost, kept = await another(owner), await another(owner, user_agent="curl/8.5.0")
        session_id = next(one["id"] for one in await devices(owner) if one["device"] == "Firefox on Windows")
        assert (await owner.delete(f"/me/sessions/{session_id}")).status_code == 204
        assert [(await one.get("/me")).status_code for one in (lost, kept, owner)] == [401, 200, 200]
        assert (await owner.delete(f"/me/sessions/{session_id}")).status_code == 404

    async def test_all_others_are_ended_at_once(self, owner: Person) -> None:
        lost = [await another(owner), await another(owner)]
        assert (await owner.delete("/me/sessions")).status_code == 204
        assert [(await one.get("/me")).status_code for one in (*lost, owner)] == [401, 401, 200]

    async def test_an_administrator_signs_a_member_out_of_this_organisation_on_every_device(
        self, owner: Person, client: httpx.AsyncClient
    ) -> None:
        member = await sign_up(client, organization="Globex")
        await owner.welcome(member)
        devices_of_member = [member, await another(member)]
        assert (await owner.post(f"/members/{member.user_id}/sign-out")).status_code == 204
        here, there = ({"Chatter-Organization": str(one.organization_id)} for one in (owner, member))
        for device in devices_of_member:
            assert [(await device.get("/me", headers=named)).status_code for named in (here, there)] == [401, 200]
        anew = await another(member)
        assert (await anew.get("/me", headers=here)).status_code == 200

    async def test_who_may_not_change_a_member_signs_nobody_out(self, owner: Person) -> None:
        admin, member = await owner.colleague("admin"), await owner.colleague()
        refused = [
            await member.post(f"/members/{admin.user_id}/sign-out"),
            await admin.post(f"/members/{owner.user_id}/sign-out"),
            await admin.post(f"/members/{admin.user_id}/sign-out"),
        ]
        assert [one.json()["code"] for one in refused] == ["permission_missing", "owner_only", "membership_own"]
