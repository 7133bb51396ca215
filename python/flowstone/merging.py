"""`self.merge_artifacts(inputs)`: which artifacts of the branches a join passes on."""

from __future__ import annotations

from .exceptions import (
    MetaflowException,
    MissingInMergeArtifactsException,
    UnhandledInMergeArtifactsException,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable

    from .flowspec import FlowSpec

# What a caught or failed branch leaves behind is its own.
_NEVER_MERGED = frozenset({"_catch_exception", "_exception"})


def merge_artifacts(
    flow: FlowSpec, inputs: Iterable[FlowSpec], exclude: list[str], include: list[str]
) -> None:
    """Passes on by reference what the inputs agree on and `flow` has not set itself."""
    state = flow._flowstone
    step = state.step
    if not state.is_join:
        raise MetaflowException(
            f"merge_artifacts can only be called in a join and step *{step}* is not a join"
        )
    if exclude and include:
        raise MetaflowException("`exclude` and `include` are mutually exclusive in merge_artifacts")
    chosen: dict[str, FlowSpec] = {}
    digests: dict[str, str] = {}
    unresolved: list[str] = []
    for branch in inputs:
        for name, digest in branch._flowstone.artifacts.digests().items():
            wanted = (
                name in include if include else name not in exclude and name not in _NEVER_MERGED
            )
            if not wanted or flow._has_artifact(name):
                continue
            if digests.setdefault(name, digest) != digest:
                unresolved.append(name)
            chosen.setdefault(name, branch)
    missing = [name for name in include if name not in chosen and not flow._has_artifact(name)]
    if unresolved:
        raise UnhandledInMergeArtifactsException(
            f"Step *{step}* cannot merge the following artifacts due to them having conflicting "
            f"values:\n[{', '.join(unresolved)}].\nTo remedy this issue, be sure to explicitly set "
            "those artifacts (using self.<artifact_name> = ...) prior to calling merge_artifacts.",
            unresolved,
        )
    if missing:
        raise MissingInMergeArtifactsException(
            f"Step *{step}* specifies that [{', '.join(include)}] should be merged but "
            f"[{', '.join(missing)}] are not present.\nTo remedy this issue, make sure that the "
            "values specified in only come from at least one branch",
            missing,
        )
    for name, branch in chosen.items():
        state.artifacts.adopt(name, branch._flowstone.artifacts)
