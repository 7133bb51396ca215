"""The graph of a flow, from the steps of its description. Checked by the engine; here for programs
that read it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Mapping, Sequence

_TYPES = {"linear": "linear", "split": "split", "foreach": "foreach", "switch": "split-switch"}
_POD_TYPES = {"split": "split-static", "foreach": "split-foreach"}


class Node:
    """One step. `type` is start, linear, split, foreach, split-switch, join or end."""

    def __init__(self, step: Mapping[str, Any]):
        transition = step["transition"]
        self.name: str = step["name"]
        self.doc: str = step["doc"]
        self.source_file: str = step["file"]
        self.func_lineno: int = step["line"]
        self.decorators: list[Mapping[str, Any]] = step["decorators"]
        self.num_args = 1 + len(step["arguments"])
        self.switch_cases: dict[str, str] = dict(transition.get("cases") or {})
        self.condition: str | None = transition.get("condition")
        self.foreach_param: str | None = transition.get("variable")
        self.out_funcs: list[str] = list(transition.get("next") or self.switch_cases.values())
        self.in_funcs: list[str] = []
        self.split_parents: list[str] = []
        self.matching_join: str | None = None
        self.type = _TYPES.get(transition["kind"], "end" if not self.out_funcs else "linear")
        if self.type == "linear":
            if self.num_args > 1:
                self.type = "join"
            elif self.name == "start":
                self.type = "start"

    @property
    def pod_type(self) -> str:
        """The type as `_graph_info` spells it."""
        return _POD_TYPES.get(self.type, self.type)


class FlowGraph:
    """Steps by name, in the order of definition."""

    def __init__(self, steps: Sequence[Mapping[str, Any]]):
        self.nodes: dict[str, Node] = {step["name"]: Node(step) for step in steps}
        self.start_step = "start"
        self.end_step = "end"
        for node in self.nodes.values():
            for name in dict.fromkeys(node.out_funcs):
                if name in self.nodes:
                    self.nodes[name].in_funcs.append(node.name)
        for node in self.nodes.values():
            node.in_funcs.sort()
        self._match_joins()

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def _match_joins(self) -> None:
        """Finds the split that each step is inside of. Each step is visited once, whatever the
        paths.
        """
        pending: list[tuple[str, list[str]]] = [(self.start_step, [])]
        seen: set[str] = set()
        while pending:
            name, parents = pending.pop()
            if name in seen or name not in self.nodes:
                continue
            seen.add(name)
            node = self.nodes[name]
            node.split_parents = parents
            if node.type == "join" and parents:
                self.nodes[parents[-1]].matching_join = name
                parents = parents[:-1]
            elif node.type in ("split", "foreach"):
                parents = [*parents, name]
            pending.extend((next_name, parents) for next_name in reversed(node.out_funcs))

    def structure(self) -> list[Any]:
        """Nested lists: `["start", [["a"], ["b"]], "join", "end"]`."""
        found = self._block(self.start_step, {self.end_step})
        return [*found, self.end_step]

    def _block(self, name: str | None, until: set[str]) -> list[Any]:
        found: list[Any] = []
        seen: set[str] = set()
        while name in self.nodes and name not in until and name not in seen:
            assert name is not None
            seen.add(name)
            node = self.nodes[name]
            found.append(name)
            if node.type in ("split", "foreach") and node.matching_join:
                found.append([self._block(b, {*until, node.matching_join}) for b in node.out_funcs])
                name = node.matching_join
            elif node.type == "split-switch":
                meeting = self._meeting_of(node, until)
                stops = {*until, *seen} | ({meeting} if meeting else set())
                found.append(
                    [self._block(branch, stops) for branch in dict.fromkeys(node.out_funcs)]
                )
                name = meeting
            else:
                name = node.out_funcs[0] if node.out_funcs else None
        return found

    def _meeting_of(self, switch: Node, until: set[str]) -> str | None:
        """The first step that all cases of a switch reach."""
        reached = [self._reachable(name) for name in dict.fromkeys(switch.out_funcs)]
        common = [name for name in reached[0] if all(name in other for other in reached[1:])]
        return next((name for name in common if name != switch.name), None)

    def _reachable(self, name: str) -> dict[str, None]:
        """Steps at or after `name`, nearest first."""
        found: dict[str, None] = {}
        pending = [name]
        while pending:
            following: list[str] = []
            for candidate in pending:
                if candidate in self.nodes and candidate not in found:
                    found[candidate] = None
                    following.extend(self.nodes[candidate].out_funcs)
            pending = following
        return found

    def info(self, flow: type, script: str) -> dict[str, Any]:
        """The artifact `_graph_info`."""
        from .decorators.base import flow_decorators_of
        from .describe import clean_doc, json_value
        from .flowspec import constants_of
        from .parameters import parameters_of

        return {
            "file": script,
            "start_step": self.start_step,
            "end_step": self.end_step,
            "parameters": [
                {"name": variable, "type": type(parameter).__name__}
                for variable, parameter in parameters_of(flow).items()
            ],
            "constants": [
                {"name": name, "type": type(value).__name__}
                for name, value in constants_of(flow).items()
            ],
            "steps": {node.name: _step_info(node) for node in self},
            "graph_structure": self.structure(),
            "doc": clean_doc(flow.__doc__),
            "decorators": [
                {
                    "name": decorator.name,
                    "attributes": json_value(decorator.attributes),
                    "statically_defined": True,
                    "inserted_by": decorator.inserted_by,
                }
                for decorator in flow_decorators_of(flow)
            ],
            "extensions": {},
        }


def _step_info(node: Node) -> dict[str, Any]:
    info: dict[str, Any] = {
        "name": node.name,
        "type": node.pod_type,
        "line": node.func_lineno,
        "source_file": node.source_file,
        "doc": node.doc,
        "decorators": [
            {
                "name": decorator["name"],
                "attributes": decorator["attributes"],
                "statically_defined": decorator["inserted_by"] is None,
                "inserted_by": decorator["inserted_by"],
            }
            for decorator in node.decorators
        ],
        "next": node.out_funcs,
        "node_info": {},
    }
    if node.type == "foreach":
        info["foreach_artifact"] = node.foreach_param
    if node.type == "split-switch":
        info["condition"] = node.condition
        info["switch_cases"] = node.switch_cases
    if node.matching_join:
        info["matching_join"] = node.matching_join
    return info
