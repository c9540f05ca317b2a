"""How the upload is described: its handler reads the stream itself, so Litestar can't know its body."""

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat

from chatter.documents.uploads import FIELD

__all__ = ["UploadOperation"]


@dataclass
class UploadOperation(Operation):
    """A form with any number of files."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        form = Schema(
            type=OpenAPIType.OBJECT,
            properties={FIELD: Schema(type=OpenAPIType.ARRAY, items=file)},
            required=[FIELD],
        )
        self.request_body = RequestBody(required=True, content={"multipart/form-data": OpenAPIMediaType(schema=form)})
