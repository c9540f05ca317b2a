"""What the client raises when the API says no."""

import httpx
import msgspec

from chatter.kit.schema import Problem

__all__ = ["ApiProblem", "problem_from"]


class ApiProblem(Exception):
    """A problem document of the API; show its detail, its remedy and its request id."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem

    @property
    def signed_out(self) -> bool:
        """The session is over: only signing in again helps."""
        return self.problem.status == 401


def problem_from(response: httpx.Response) -> ApiProblem:
    """Read the problem document, or make one of an answer that is none."""
    try:
        return ApiProblem(msgspec.json.decode(response.content, type=Problem))
    except msgspec.DecodeError:
        return ApiProblem(
            Problem(
                type="about:blank",
                title="Unexpected answer",
                status=response.status_code,
                detail=f"The API answered {response.status_code} in a form that the dashboard does not know.",
                code="unexpected_answer",
                request_id=response.headers.get("x-request-id", ""),
                remedy="Try again. If it stays, tell whoever runs this server.",
            )
        )


def unreachable() -> ApiProblem:
    """The API could not be asked at all."""
    return ApiProblem(
        Problem(
            type="about:blank",
            title="Unreachable",
            status=503,
            detail="The API could not be reached.",
            code="unreachable",
            request_id="",
            remedy="Wait a moment and try again.",
        )
    )
