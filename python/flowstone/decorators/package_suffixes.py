"""`@package_suffixes`: which files beside the flow are part of its code, besides Python's."""

from __future__ import annotations

from ..exceptions import MetaflowException
from .base import FlowDecorator, attach_to_flow, flow_decorators_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, ClassVar, Mapping


class PackageSuffixesDecorator(FlowDecorator):
    name = "package_suffixes"
    defaults: ClassVar[Mapping[str, Any]] = {"suffixes": ()}

    def check(self, step_name: str) -> None:
        for suffix in self.attributes["suffixes"]:
            if not isinstance(suffix, str) or not suffix.strip():
                raise MetaflowException(
                    f"@package_suffixes: a suffix must be text such as '.json', not {suffix!r}."
                )


def package_suffixes(*suffixes: str) -> Callable[[Any], Any]:
    """Makes files with these suffixes, beside the flow and below, part of the code of its runs.

    :param suffixes: endings of file names, such as ".json" or ".sql".
    """
    if not suffixes or isinstance(suffixes[0], type):
        raise MetaflowException('@package_suffixes needs suffixes, such as (".json", ".sql").')
    decorator = PackageSuffixesDecorator({"suffixes": suffixes})
    return lambda flow: attach_to_flow(decorator, flow)


def suffixes_of(flow: type) -> list[str]:
    """Suffixes of a flow class and its base classes, each once."""
    found: dict[str, None] = {}
    for decorator in flow_decorators_of(flow):
        if isinstance(decorator, PackageSuffixesDecorator):
            found.update(dict.fromkeys(decorator.attributes["suffixes"]))
    return list(found)
