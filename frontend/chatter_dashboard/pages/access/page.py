"""The access explainer: why can, or can't, somebody do something."""

from nicegui.element import Element

from chatter.rbac.schemas import Explanation, Reason
from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import card, card_head, div, icon, page_head, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.access.questions import Questions
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["access"]


@page("Access", width="narrow")
async def access(visitor: Visitor) -> None:
    """One question, one answer with every reason for it."""
    page_head("Access", lead="Why somebody can, or can't, do something")
    questions = Questions(visitor)
    await questions.load()
    answer: Element

    async def ask(values: Values) -> None:
        found = await questions.ask(values)
        answer.clear()
        with answer:
            _show(found)

    with div("lx-stack"):
        with card():
            Form(_fields(questions), submit_label="Explain", on_submit=ask)
        answer = div("lx-stack")
        answer.props["role"] = "status"


def _fields(questions: Questions) -> list[Field]:
    return [
        Field(name="person", label="Who", kind="select", options=tuple(questions.people())),
        Field(
            name="permission",
            label="May do",
            kind="select",
            options=(Option(value="", label="Whatever the thing allows"), *questions.permissions()),
            optional=True,
        ),
        Field(
            name="thing",
            label="With",
            hint="The address of a document or a conversation, as your browser shows it. Empty: with anything.",
            example="/documents/…",
            optional=True,
        ),
        *_models(questions),
        Field(name="level", label="At least", kind="select", options=tuple(questions.levels()), value="view"),
    ]


def _models(questions: Questions) -> list[Field]:
    options = questions.models()
    if not options:
        return []
    none = Option(value="", label="No model")
    return [Field(name="model", label="Or use the model", kind="select", options=(none, *options), optional=True)]


def _show(found: Explanation) -> None:
    verdict = "can" if found.allowed else "can't"
    with card():
        card_head(f"{found.user_name} {verdict}")
        with div("lx-report").props("role=list"):
            for reason in found.reasons:
                _reason(reason)


def _reason(reason: Reason) -> None:
    with div("lx-report-line").props("role=listitem"):
        icon("check" if reason.decides else "close")
        with div("lx-rowline-main"):
            text("span", reason.text)
            if period := _period(reason):
                text("small", period)


def _period(reason: Reason) -> str:
    since = f"since {reason.since:%b} {reason.since.day}, {reason.since.year}" if reason.since else ""
    until = f"until {reason.until:%b} {reason.until.day}, {reason.until.year}" if reason.until else ""
    return ", ".join(part for part in (since, until) if part)
