"""`IncludeFile`: a parameter whose value is the content of a file, read once when the run
starts.
"""

from __future__ import annotations

import os

from .exceptions import MetaflowException
from .parameters import Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .parameters import ParameterContext


class IncludedFile:
    """The stored content of a file: what the artifact of an IncludeFile is."""

    def __init__(self, content: bytes, is_text: bool, encoding: str):
        self._content = content
        self._is_text = is_text
        self._encoding = encoding

    @property
    def descriptor(self) -> dict[str, Any]:
        return {
            "type": "flowstone-v1",
            "size": self.size,
            "is_text": self._is_text,
            "encoding": self._encoding,
        }

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self._content)

    def decode(self, name: str, var_type: str = "Artifact") -> str | bytes:
        """The content: text or bytes, as the IncludeFile said."""
        if not self._is_text:
            return bytes(self._content)
        try:
            return bytes(self._content).decode(self._encoding)
        except UnicodeDecodeError as error:
            raise MetaflowException(
                f"{var_type} '{name}' could not be decoded as {self._encoding}: {error}"
            ) from error


class IncludeFile(Parameter):
    """Includes a local file as a read-only artifact of all steps::

        class MyFlow(FlowSpec):
            grid = IncludeFile("grid", default="grid.json")

    :param name: its name on the command line, where a path is given.
    :param default: path of the file, or a function of a ParameterContext.
    :param is_text: decode the content (default), or give bytes.
    :param encoding: of the text; default utf-8.
    :param parser: function of the content (or its dotted name) whose result steps see.
    """

    def __init__(
        self,
        name: str,
        required: bool | None = None,
        is_text: bool | None = None,
        encoding: str | None = None,
        help: str | None = None,
        parser: str | Callable[[Any], Any] | None = None,
        **options: Any,
    ):
        super().__init__(name, required=required, help=help, type=str, **options)
        self.is_text = is_text is None or is_text
        self.encoding = encoding or "utf-8"
        self._parser = parser

    @property
    def kind(self) -> str:
        return "file"

    def evaluate(self, text: str | None, context: ParameterContext) -> IncludedFile | None:
        path = super().evaluate(text, context)
        if path is None:
            return None
        path = os.path.expanduser(path)
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise MetaflowException(
                f"IncludeFile: could not open file '{path}' for reading: {error.strerror}"
            ) from error
        return IncludedFile(content, self.is_text, self.encoding)

    def load(self, value: Any) -> Any:
        if not isinstance(value, IncludedFile):
            return value
        content = value.decode(self.name, var_type="Parameter")
        if self._parser is None:
            return content
        try:
            return self._parser_function()(content)
        except Exception as error:
            raise MetaflowException(
                f"Failed to parse content in parameter '{self.name}' using parser: {error}"
            ) from error

    def _parser_function(self) -> Callable[[Any], Any]:
        if not isinstance(self._parser, str):
            assert self._parser is not None
            return self._parser
        module, _, function = self._parser.rpartition(".")
        found: Callable[[Any], Any] = getattr(__import__(module, fromlist=[function]), function)
        return found
