"""Text from documents and models is shown, never run, and never makes the browser ask another host."""

from playwright.async_api import expect

from tests.e2e.tab import Tab, text_file

HOSTILE = """The emergency meeting point is the north car park.
<img src=x onerror="alert('image')"> <script>alert('script')</script> <svg onload=alert('svg')></svg>
![pixel](https://evil.test/pixel.png) [click](javascript:alert('link')) <iframe src="https://evil.test"></iframe>
<form action="https://evil.test"><input name=q></form>
<style>@import "https://evil.test/a.css"; body{display:none}</style>
<a href="https://evil.test" onclick="alert('click')">harmless</a> <base href="https://evil.test/">
"""


async def test_a_hostile_document_does_nothing_in_an_answer(tab: Tab) -> None:
    await tab.upload(text_file('<img src=x onerror=alert("name")>.txt', HOSTILE))
    await tab.goto("/chat")
    await tab.ask("Where is the emergency meeting point?", model="echo")
    answer = tab.page.get_by_test_id("answer").last
    await expect(answer).to_have_attribute("aria-busy", "false")
    body = answer.get_by_test_id("answer-text")
    await expect(body).to_contain_text("north car park")
    for tag in ("img", "script", "svg", "iframe", "form", "input", "style", "base", "[onclick]", "[style]"):
        await expect(body.locator(tag)).to_have_count(0)
    for link in await body.locator("a").all():
        assert str(await link.get_attribute("href")).startswith(("https:", "http:", "mailto:"))
        assert await link.get_attribute("target") == "_blank"


async def test_a_hostile_document_does_nothing_on_its_own_page(tab: Tab) -> None:
    await tab.upload(text_file("hostile.txt", HOSTILE + "Second edition."))
    await tab.page.get_by_role("link", name="hostile.txt").first.click()
    await expect(tab.page.locator(".lx-page-text").first).to_contain_text("onerror=")
    await tab.page.get_by_role("button", name="Passages").click()
    await expect(tab.page.locator(".lx-chunks .lx-page-text").first).to_contain_text("north car park")
    await expect(tab.page.locator(".lx-reader :is(img, script, iframe, form)")).to_have_count(0)


async def test_a_hostile_name_is_shown_as_text_everywhere(tab: Tab) -> None:
    name = '<img src=x onerror=alert("person")>"\' :title="alert(1)"'
    await tab.goto("/account")
    card = tab.page.locator(".lx-card").filter(has_text="Your profile")
    await card.get_by_label("Name").fill(name)
    await card.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_text("Your name is now").first).to_be_visible()
    await tab.goto("/members")
    await expect(tab.page.get_by_text(name).first).to_be_visible()
    await tab.goto("/account")
    await card.get_by_label("Name").fill("Dana Reyes")
    await card.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_text("Your name is now Dana Reyes.")).to_be_visible()


async def test_hostile_markdown_is_rendered_without_its_poison(tab: Tab) -> None:
    """The renderer alone, in a real browser, with inputs that no provider of ours would send."""
    await tab.goto("/chat")
    poison = [
        "<details open ontoggle=alert(1)>",
        "[a](data:text/html,<script>alert(1)</script>)",
        "[b](vbscript:x)",
        "![c](//evil.test/x.png)",
        "```html\n<img src=x onerror=alert(1)>\n```",
        "| <img src=x onerror=alert(1)> |\n| --- |\n| x |",
        "[d]: https://evil.test 'x'\n[d] <https://evil.test/auto>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    ]
    found = await tab.page.evaluate(
        """async (poison) => {
          const { renderMarkdown } = await import("lx-dashboard");
          const box = document.createElement("div");
          document.body.append(box);
          box.innerHTML = poison.map(renderMarkdown).join("");
          const loud = [...box.querySelectorAll("*")].filter((node) =>
            /^(IMG|SCRIPT|STYLE|IFRAME|FORM|DETAILS|MATH|SVG)$/i.test(node.tagName)
            || [...node.attributes].some((attribute) => /^on|style|src/i.test(attribute.name)));
          return [loud.map((node) => node.outerHTML), [...box.querySelectorAll("a")].map((link) => link.protocol)];
        }""",
        poison,
    )
    assert found[0] == []
    assert set(found[1]) <= {"https:"}


async def test_a_script_that_gets_into_a_page_does_not_run(tab: Tab) -> None:
    await tab.goto("/")
    await tab.page.evaluate(
        """() => {
            document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
            document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.ran = true">');
        }"""
    )
    assert (
        await tab.page.evaluate("() => new Promise((done) => setTimeout(() => done(window.ran ?? null), 300))") is None
    )
    assert any(said.startswith("script-src") for said in tab.violations), tab.violations
    tab.violations.clear()
    tab.expect_errors("Content Security Policy")
