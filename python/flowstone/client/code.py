"""`run.code`: the code package of a run."""

from __future__ import annotations

from .objects import connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarfile import TarFile
    from tempfile import TemporaryDirectory
    from typing import Any


# What a code package carries besides the user's files.
_OWN_FOLDERS = (".fs_code/", ".fs_meta/")


class MetaflowCode:
    """The files that a run was started from, as they were."""

    def __init__(self, flow_name: str, run: dict[str, Any]):
        self._flow_name = flow_name
        self._run = run
        self._archive: bytes | None = None

    @property
    def id(self) -> str:
        """sha256 of the package: the same code has the same id."""
        digest: str = self._run["code"]
        return digest

    @property
    def path(self) -> str:
        """The package's key in the datastore."""
        return f"code/{self.id[:2]}/{self.id}"

    @property
    def script_name(self) -> str:
        """The flow's file."""
        name: str = self._run["script"]
        return name

    @property
    def info(self) -> dict[str, Any]:
        """What is known about the package without reading it."""
        return {
            "script": self.script_name,
            "flow_name": self._flow_name,
            "python_version": self._run.get("python"),
            "flowstone_version": self._run.get("flowstone"),
            "user": self._run.get("user"),
        }

    @property
    def files(self) -> list[str]:
        """Paths of the user's files, sorted. The package also has the SDK and notes of its own."""
        paths = [file["path"] for file in connection().call("list_code", sha256=self.id)["files"]]
        return [path for path in paths if not path.startswith(_OWN_FOLDERS)]

    @property
    def flowspec(self) -> str:
        """The text of the flow's file."""
        content = connection().content("get_code_file", sha256=self.id, path=self.script_name)
        return bytes(content).decode("utf-8", "replace")

    @property
    def tarball(self) -> TarFile:
        """The files as an open archive."""
        import io
        import tarfile

        if self._archive is None:
            self._archive = bytes(connection().content("get_code_tar", sha256=self.id))
        return tarfile.open(fileobj=io.BytesIO(self._archive), mode="r:")

    def extract(self) -> TemporaryDirectory[str]:
        """The files in a temporary directory, which goes when the returned object does."""
        from tempfile import TemporaryDirectory

        folder = TemporaryDirectory(prefix="flowstone-code-")
        with self.tarball as archive:
            if hasattr(archive, "extraction_filter"):
                archive.extractall(folder.name, filter="data")
            else:  # interpreters without PEP 706; the engine checked every path when it packed them
                archive.extractall(folder.name)
        return folder

    def __str__(self) -> str:
        return f"<MetaflowCode: {self.script_name}>"

    __repr__ = __str__
