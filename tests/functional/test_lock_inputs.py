"""`flowstone lock` from everything people write requirements in."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess

import pytest
from support.index_server import Fault, Index
from support.project import ENGINE, Project
from support.sources import SourceProject
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.add(Wheel("alpha", "1.0", requires=["beta>=1"]))
    index.add(Wheel("alpha", "2.0", requires=["beta>=1"]))
    index.add(Wheel("alpha", "3.0a1", requires=["beta>=1"]))
    for version in ("1.0", "1.5", "2.0"):
        index.add(Wheel("beta", version))
    index.add(Wheel("gamma", "1.0"))
    index.add(Wheel("delta", "1.0", requires=["beta<2", "gamma"]))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def locked(text: str) -> dict[str, str]:
    """The version of each package in the text of a lock."""
    return dict(re.findall(r'^name = "([^"]+)"\nversion = "([^"]+)"', text, re.MULTILINE))


def lock(project: Project, *arguments: str, **variables: str) -> dict[str, str]:
    done = project.engine("lock", "-o", "-", *arguments, **variables)
    assert done.status == 0, done
    return locked(done.output)


def refused(project: Project, *arguments: str, status: int = 2) -> str:
    done = project.engine("lock", "-o", "-", *arguments)
    assert done.status == status, done
    assert done.output == ""
    return done.errors


# Requirements files


def test_requirements_files_and_the_files_they_name(project: Project, stocked: Index) -> None:
    project.write("deps/base.txt", "alpha \\\n  >=1  # the newest\n-c limits.txt\n")
    project.write("deps/limits.txt", "beta<2\nunused==9\n")
    project.write("requirements.txt", "-r deps/base.txt\ngamma ; python_version >= '3'\n")
    assert lock(project, "-r", "requirements.txt") == {
        "alpha": "2.0",
        "beta": "1.5",
        "gamma": "1.0",
    }


def test_origins_are_files_and_lines(project: Project, stocked: Index) -> None:
    project.write("requirements.txt", "gamma\nalpha<1\n")
    errors = refused(project, "-r", "requirements.txt", status=1)
    assert "requirements.txt:2" in errors


def test_a_wrong_line_is_named(project: Project, stocked: Index) -> None:
    project.write("a.txt", "-r b.txt\n")
    project.write("b.txt", "alpha\nbeta=1\n")
    assert "b.txt:2: " in refused(project, "-r", "a.txt")
    project.write("b.txt", "alpha --index-url https://index.example/\n")
    assert "b.txt:1: --index-url cannot stand" in refused(project, "-r", "a.txt")


def test_standard_input_is_a_requirements_file(project: Project, stocked: Index) -> None:
    done = subprocess.run(
        [str(ENGINE), "lock", "-r", "-", "-o", "-"],
        cwd=project.path,
        env=project.environment,
        input=b"alpha==1.0\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done
    assert locked(done.stdout.decode())["alpha"] == "1.0"


def test_a_requirements_file_may_lie_on_a_server(project: Project, stocked: Index) -> None:
    stocked.faults["/team/all.txt"] = Fault(body=b"-r base.txt\n")
    stocked.faults["/team/base.txt"] = Fault(body=b"gamma\n")
    assert lock(project, "-r", f"{stocked.origin}/team/all.txt") == {"gamma": "1.0"}
    assert "404" in refused(project, "-r", f"{stocked.origin}/gone.txt", status=1)


def test_the_index_of_a_requirements_file_is_asked(project: Project, stocked: Index) -> None:
    project.write("requirements.txt", f"-i {stocked.url}\ngamma\n")
    del project.environment["FLOWSTONE_INDEX_URL"]
    assert lock(project, "-r", "requirements.txt") == {"gamma": "1.0"}


def test_pre_in_a_requirements_file(project: Project, stocked: Index) -> None:
    project.write("requirements.txt", "--pre\nalpha\n")
    assert lock(project, "-r", "requirements.txt")["alpha"] == "3.0a1"


def test_hashes_choose_the_files(project: Project, stocked: Index) -> None:
    digest = stocked.sha256["gamma-1.0-py3-none-any.whl"]
    project.write("good.txt", f"gamma==1.0 --hash=sha256:{digest}\n")
    assert lock(project, "-r", "good.txt") == {"gamma": "1.0"}
    project.write("bad.txt", f"gamma==1.0 --hash=sha256:{'0' * 64}\n")
    assert "gamma" in refused(project, "-r", "bad.txt", status=1)
    project.write("loose.txt", f"gamma>=1.0 --hash=sha256:{digest}\n")
    assert "loose.txt:1: gamma>=1.0 is not pinned with ==" in refused(project, "-r", "loose.txt")


# Projects and scripts

PYPROJECT = """
    [project]
    name = "demo"
    version = "1"
    dependencies = ["alpha<2"]

    [project.optional-dependencies]
    more = ["gamma"]

    [dependency-groups]
    dev = ["delta", {include-group = "lint"}]
    lint = ["gamma"]

    [tool.uv]
    constraint-dependencies = ["beta<2"]
"""


def test_without_inputs_the_project_here_is_locked(project: Project, stocked: Index) -> None:
    project.write("pyproject.toml", PYPROJECT)
    done = project.engine("lock", "-o", "-")
    assert done.status == 0, done
    assert "locking the project of pyproject.toml" in done.errors
    assert locked(done.output) == {"alpha": "1.0", "beta": "1.5"}


def test_without_anything_there_is_nothing_to_lock(project: Project) -> None:
    assert "nothing to lock" in refused(project)


def test_extras_and_groups_of_a_project(project: Project, stocked: Index) -> None:
    project.write("pyproject.toml", PYPROJECT)
    assert "gamma" in lock(project, "-r", "pyproject.toml", "--extra", "More")
    assert "gamma" in lock(project, "--all-extras")
    assert lock(project, "--group", "dev") == {"delta": "1.0", "beta": "1.5", "gamma": "1.0"}
    both = lock(project, "-r", "pyproject.toml", "--group", "lint")
    assert both == {"alpha": "1.0", "beta": "1.5", "gamma": "1.0"}
    assert "did you mean 'lint'?" in refused(project, "--group", "lin", status=1)
    assert "no extra 'less'" in refused(project, "--extra", "less", status=1)
    assert "did you mean 'more'?" in refused(project, "--extra", "moer", status=1)


def test_a_group_of_another_directory(project: Project, stocked: Index) -> None:
    project.write("lib/pyproject.toml", PYPROJECT)
    assert "delta" in lock(project, "--group", "lib/pyproject.toml:dev")


def test_dynamic_dependencies_are_asked_of_the_backend(project: Project, stocked: Index) -> None:
    requires = ["alpha>=1", 'delta; extra == "more"']
    SourceProject("demo", requires=requires, extras=["more"]).write(project.path)
    pyproject = project.path / "pyproject.toml"
    dynamic = '["version", "dependencies", "optional-dependencies"]'
    pyproject.write_text(pyproject.read_text() + f'[project]\nname = "demo"\ndynamic = {dynamic}\n')
    done = project.engine("lock", "-o", "-")
    assert done.status == 0, done
    assert "pyproject.toml leaves what it depends on to its build backend" in done.errors
    assert 'name = "alpha"' in done.output
    assert 'name = "delta"' not in done.output
    assert 'name = "demo"' not in done.output
    assert "delta" in lock(project, "--extra", "more")
    assert "no extra 'less'" in refused(project, "--extra", "less", status=1)


def test_dynamic_dependencies_of_a_step_are_not_guessed(project: Project) -> None:
    project.write(
        "pyproject.toml", '[project]\nname = "a"\ndynamic = ["version", "dependencies"]\n'
    )
    project.write(
        "flow.py",
        """
        from flowstone import FlowSpec, pypi, step

        class DynamicFlow(FlowSpec):
            @pypi(requirements="pyproject.toml")
            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            DynamicFlow()
        """,
    )
    done = project.flow("environment", "lock")
    assert done.status == 2, done
    assert "leaves its dependencies to the build backend" in done.errors


def test_a_script_knows_its_requirements(project: Project, stocked: Index) -> None:
    project.write(
        "job.py",
        '# /// script\n# requires-python = ">=3.8"\n# dependencies = ["alpha==1.0"]\n# ///\n',
    )
    assert lock(project, "-r", "job.py")["alpha"] == "1.0"
    project.write("plain.py", "print(1)\n")
    assert "plain.py has no block of script metadata" in refused(project, "-r", "plain.py")


# Constraints, overrides, excludes, policies


def test_constraints_overrides_and_excludes(project: Project, stocked: Index) -> None:
    project.write("c.txt", "beta<2\n")
    assert lock(project, "alpha", "-c", "c.txt")["beta"] == "1.5"
    assert lock(project, "alpha", UV_CONSTRAINT="c.txt")["beta"] == "1.5"
    assert lock(project, "alpha", PIP_CONSTRAINT="c.txt")["beta"] == "1.5"
    project.write("o.txt", "beta==2.0\n")
    assert lock(project, "delta", "--override", "o.txt")["beta"] == "2.0"
    assert "gamma" not in lock(project, "delta", "--exclude", "gamma")


def test_policies(project: Project, stocked: Index) -> None:
    assert lock(project, "alpha", "--resolution", "lowest") == {"alpha": "1.0", "beta": "1.0"}
    lowest_direct = lock(project, "alpha", UV_RESOLUTION="lowest-direct")
    assert lowest_direct == {"alpha": "1.0", "beta": "2.0"}
    assert lock(project, "alpha", "--prerelease", "allow")["alpha"] == "3.0a1"
    assert lock(project, "alpha", "--pre")["alpha"] == "3.0a1"
    assert lock(project, "alpha", PIP_PRE="1")["alpha"] == "3.0a1"
    assert lock(project, "alpha", "--compat", "pip")["alpha"] == "2.0"
    for option, value in (("resolution", "best"), ("prerelease", "maybe"), ("compat", "conda")):
        assert f"is '{value}', which is none of" in refused(project, "alpha", f"--{option}", value)
    assert "contradict" in refused(project, "alpha", "--pre", "--prerelease", "disallow")


def test_the_cut_off_is_a_date_or_a_duration(project: Project, stocked: Index) -> None:
    refused(project, "alpha", "--exclude-newer", "2023-12-31", status=1)
    done = project.engine("lock", "alpha", "-o", "-", "--exclude-newer", "2 weeks")
    assert done.status == 0, done
    assert re.search(r'exclude-newer = "\d{4}-\d\d-\d\dT00:00:00Z"', done.output), done
    one = lock(
        project, "gamma", "--exclude-newer", "2023-12-31", "--exclude-newer-package", "gamma=false"
    )
    assert one == {"gamma": "1.0"}
    assert "neither a date nor a duration" in refused(project, "alpha", "--exclude-newer", "soon")


def test_a_configured_cut_off_holds(project: Project, stocked: Index) -> None:
    project.environment["PIP_UPLOADED_PRIOR_TO"] = "2023-01-01"
    errors = refused(project, "gamma", status=1)
    assert "after the cut-off 2023-01-01T00:00:00Z of uploaded-prior-to of PIP_UPL" in errors
    project.write("uv.toml", 'exclude-newer = "2022-01-01"\n')
    errors = refused(project, "gamma", status=1)
    assert "after the cut-off 2022-01-02T00:00:00Z of uv.toml: exclude-newer" in errors
    assert project.engine("lock", "gamma", "--exclude-newer", "2026-01-01").status == 0


def test_a_project_says_its_policies(project: Project, stocked: Index) -> None:
    project.write("pyproject.toml", PYPROJECT + '\n    resolution = "lowest"\n')
    assert lock(project) == {"alpha": "1.0", "beta": "1.0"}
    assert lock(project, "--resolution", "highest") == {"alpha": "1.0", "beta": "1.5"}


# Locks of other tools


def test_uv_lock_is_taken_as_it_is(project: Project, stocked: Index) -> None:
    digest = stocked.sha256["gamma-1.0-py3-none-any.whl"]
    url = f"{stocked.origin}/files/gamma-1.0-py3-none-any.whl"
    project.write(
        "sub/uv.lock",
        f"""
        version = 1
        requires-python = ">=3.8"

        [[package]]
        name = "demo"
        version = "0"
        source = {{ virtual = "." }}
        dependencies = [
            {{ name = "gamma", marker = "sys_platform == 'linux'" }},
            {{ name = "local" }},
        ]

        [[package]]
        name = "gamma"
        version = "1.0"
        source = {{ registry = "https://me:secret@index.example/simple" }}
        wheels = [
            {{ url = "{url}", hash = "sha256:{digest}" }},
        ]

        [[package]]
        name = "local"
        version = "1"
        source = {{ directory = "../lib" }}
        """,
    )
    done = project.engine("lock", "-r", "sub/uv.lock", "-o", "pylock.toml")
    assert done.status == 0, done
    text = (project.path / "pylock.toml").read_text()
    assert stocked.requests == []
    assert "secret" not in text
    assert "marker = 'sys_platform == \"linux\"'" in text
    assert 'directory = { path = "lib"' in text
    assert digest in text


def test_poetry_lock_and_pipfile_lock_find_their_files(project: Project, stocked: Index) -> None:
    digest = stocked.sha256["gamma-1.0-py3-none-any.whl"]
    project.write(
        "poetry.lock",
        f"""
        [[package]]
        name = "gamma"
        version = "1.0"
        optional = false
        python-versions = ">=3.8"
        groups = ["main"]
        files = [{{file = "gamma-1.0-py3-none-any.whl", hash = "sha256:{digest}"}}]

        [metadata]
        lock-version = "2.1"
        python-versions = ">=3.8"
        content-hash = "00"
        """,
    )
    entry = {"version": "==1.0", "hashes": [f"sha256:{digest}"]}
    pipfile = {"_meta": {"pipfile-spec": 6, "sources": []}, "default": {"gamma": entry}}
    project.write("Pipfile.lock", json.dumps(pipfile))
    for name in ("poetry.lock", "Pipfile.lock"):
        done = project.engine("lock", "-r", name, "-o", "pylock.toml")
        assert done.status == 0, done
        used = project.engine("exec", "pylock.toml", "--", "python", "-c", "import gamma")
        assert used.status == 0, used


def test_check_of_a_lock_that_is_taken_as_it_is(project: Project, stocked: Index) -> None:
    digest = stocked.sha256["gamma-1.0-py3-none-any.whl"]
    entry = {"version": "==1.0", "hashes": [f"sha256:{digest}"]}
    pipfile = {"_meta": {"pipfile-spec": 6}, "default": {"gamma": entry}}
    project.write("Pipfile.lock", json.dumps(pipfile))
    assert project.engine("lock", "-r", "Pipfile.lock").status == 0
    done = project.engine("lock", "-r", "Pipfile.lock", "--check")
    assert done.status == 0 and "pylock.toml is current" in done.errors, done
    project.write("Pipfile.lock", json.dumps({**pipfile, "default": {}, "develop": {}}))
    done = project.engine("lock", "-r", "Pipfile.lock", "--check")
    assert done.status == 1 and done.output.startswith("removed  gamma 1.0\n"), done


def test_groups_of_a_lock_are_chosen_when_it_is_installed(project: Project, stocked: Index) -> None:
    digest = stocked.sha256["gamma-1.0-py3-none-any.whl"]
    entry = {"version": "==1.0", "hashes": [f"sha256:{digest}"]}
    pipfile = {"_meta": {"pipfile-spec": 6}, "default": {}, "develop": {"gamma": entry}}
    project.write("Pipfile.lock", json.dumps(pipfile))
    assert project.engine("lock", "-r", "Pipfile.lock").status == 0
    use = ("pylock.toml", "--", "python", "-c", "import gamma")
    assert project.engine("exec", *use).status == 1
    assert project.engine("exec", "--group", "dev", *use).status == 0
    refusal = project.engine("sync", "--group", "docs", "pylock.toml")
    assert refusal.status == 1 and "the lock has no dependency group 'docs'" in refusal.errors


def test_a_lock_whose_files_are_gone_is_an_error(project: Project, stocked: Index) -> None:
    entry = {"version": "==1.0", "hashes": [f"sha256:{hashlib.sha256().hexdigest()}"]}
    pipfile = {"_meta": {"pipfile-spec": 6}, "default": {"gamma": entry}}
    project.write("Pipfile.lock", json.dumps(pipfile))
    assert "no index has a file of gamma 1.0" in refused(project, "-r", "Pipfile.lock", status=1)


def test_a_lock_comes_alone(project: Project) -> None:
    project.write("uv.lock", "version = 1\n")
    errors = refused(project, "-r", "uv.lock", "alpha")
    assert "uv.lock is a lock: it is taken as it is" in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("-c", "limits.txt"),
        ("--override", "limits.txt"),
        ("--exclude", "gamma"),
        ("--resolution", "lowest"),
        ("--exclude-newer", "2026-01-01"),
        ("--only-binary", ":all:"),
        ("--python", "3.12"),
        ("--universal",),
        ("--upgrade",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_lock_cannot_be_chosen_again(project: Project, arguments: tuple[str, ...]) -> None:
    project.write("limits.txt", "gamma<1\n")
    project.write("uv.lock", "version = 1\nrequires-python = '>=3.8'\n")
    errors = refused(project, "-r", "uv.lock", *arguments)
    named = arguments[0].replace("-c", "--constraint") if arguments[0] == "-c" else arguments[0]
    assert f"uv.lock is a lock: it is taken as it is, without {named}\n" in errors
    assert "hint: to choose again, lock the requirements that it was made of" in errors


def test_a_lock_does_without_what_is_settled_elsewhere(project: Project) -> None:
    project.write("limits.txt", "gamma<1\n")
    project.write("uv.lock", "version = 1\nrequires-python = '>=3.8'\n")
    done = project.engine("lock", "-r", "uv.lock")
    assert (done.status, "no effect" in done.errors) == (0, False), done
    project.write(
        "pyproject.toml",
        '[tool.flowstone]\noverride = "limits.txt"\nexclude = ["gamma"]\nresolution = "lowest"\n',
    )
    done = project.engine("lock", "-r", "uv.lock", PIP_CONSTRAINT="limits.txt")
    assert done.status == 0, done
    assert (
        "uv.lock is taken as it is: PIP_CONSTRAINT, pyproject.toml:2: tool.flowstone.override, "
        "pyproject.toml:3: tool.flowstone.exclude, pyproject.toml:4: tool.flowstone.resolution "
        "have no effect on it\n"
    ) in done.errors
    assert "no effect" not in project.engine("lock", "-q", "-r", "uv.lock").errors


def test_a_lock_with_trees_of_files_has_not_all_hashes(project: Project) -> None:
    project.write(
        "uv.lock",
        """
        version = 1
        requires-python = ">=3.8"
        [[package]]
        name = "app"
        version = "1.0"
        source = { virtual = "." }
        dependencies = [{ name = "core" }]
        [[package]]
        name = "core"
        version = "1.0"
        source = { directory = "core" }
        """,
    )
    assert lock(project, "-r", "uv.lock") is not None
    errors = refused(project, "-r", "uv.lock", "--require-hashes")
    assert "uv.lock takes core from a directory, which has no hash, and hashes" in errors


def test_what_a_lock_says_is_where_it_is_wrong(project: Project) -> None:
    project.write("uv.lock", "version = 1\n[[package]]\nname = 'a'\n")
    assert "uv.lock:2: package[0]: the key source is missing" in refused(project, "-r", "uv.lock")


def test_only_a_pylock_is_installed(project: Project) -> None:
    project.write("uv.lock", "version = 1\nrequires-python = '>=3.8'\n")
    project.write("requirements.txt", "alpha\n")
    project.write("pyproject.toml", "[project]\nname = 'app'\nversion = '1'\n")
    for name, why in (
        ("uv.lock", "is a lock of another tool"),
        ("requirements.txt", "is no pylock.toml"),
        ("pyproject.toml", "is no pylock.toml"),
    ):
        done = project.engine("sync", name)
        assert done.status == 2, done
        assert f"error: {name} {why}\n" in done.errors
        assert f"hint: make one of it: flowstone lock -r {name} -o pylock.toml" in done.errors


# Places instead of names


def test_a_directory_is_no_file_of_requirements(project: Project) -> None:
    project.write("lib/pyproject.toml", "[project]\nname = 'lib'\nversion = '1'\n")
    errors = refused(project, "-r", "lib")
    assert "error: lib is a directory, not a file of requirements\n" in errors
    assert "-r lib/pyproject.toml" in errors


def test_a_place_that_is_not_there_is_named(project: Project) -> None:
    errors = refused(project, "./gone", status=1)
    assert f"there is neither a directory nor a file {project.path}/gone\n" in errors


def test_a_directory_that_stays_is_no_change(project: Project, stocked: Index) -> None:
    SourceProject("local", static=True).write(project.path / "local")
    assert project.engine("lock", "./local").status == 0
    done = project.engine("lock", "./local", "gamma", "--check")
    assert done.status == 1, done
    assert "added    gamma 1.0" in done.output
    assert "local" not in done.output


def test_a_variable_that_is_not_set_is_named(project: Project) -> None:
    project.write("requirements.txt", "${WHAT}\n")
    assert "hint: the variable WHAT is not set" in refused(project, "-r", "requirements.txt")


def test_what_only_find_links_has_is_of_no_index(project: Project, stocked: Index) -> None:
    for version in ("1.0", "9.0"):
        project.write(f"dist/{Wheel('gamma', version).filename}", Wheel("gamma", version).bytes())
    stocked.add(Wheel("gamma", "1.0", tag="py2.py3-none-any"))

    def index_of(requirement: str) -> bool:
        done = project.engine("lock", requirement, "--find-links", "dist", "-o", "-")
        assert done.status == 0, done
        return f'index = "{stocked.url}"' in done.output

    assert not index_of("gamma")
    assert index_of("gamma<9")  # one file from each


def test_a_directory_that_holds_no_project_is_refused(project: Project) -> None:
    project.write("lib/notes.txt", "")
    assert "holds no Python project" in refused(project, "./lib")
