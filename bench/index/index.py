"""Records what resolves touch of the real package index, and serves it on loopback.

    python bench/index/index.py record jupyter ml     run the resolvers through the recorder
    python bench/index/index.py serve [--record]      until interrupted; prints the URL

The recording lies in build/bench/index (or --directory). The index recorded is the one that the
pip of /usr/bin/python3 is configured with (or --upstream URL).
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench" / "resolve"))

from recorder import Recorder  # noqa: E402
from recording import Recording, Upstream  # noqa: E402
from requirement_sets import SETS, RequirementSet  # noqa: E402
from resolvers import WORK, Flowstone, Job, Pip, Uv, clean_environment  # noqa: E402
from site_server import Site  # noqa: E402

DEFAULT_DIRECTORY = WORK / "index"


def configured_index() -> str:
    """pip's own setting, or else its built-in default."""
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    pip = ["/usr/bin/python3", "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(pip, capture_output=True, text=True)
    if configured.returncode == 0:
        return configured.stdout.strip()
    program = ["/usr/bin/python3", str(ROOT / "tools" / "default_index.py")]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout.strip()


def record(recording: Recording, upstream: str, sets: list[RequirementSet], engine: Path) -> int:
    recorder = Recorder(recording, Upstream(upstream))
    failures = 0
    try:
        with Site(recording.directory, recording.directory / "nginx-record", recorder.port) as site:
            for requirements in sets:
                failed = False
                tools = [Uv(), Flowstone(engine)]
                if requirements.pip:
                    tools.append(Pip(WORK / "pip"))
                for tool in tools:
                    with tempfile.TemporaryDirectory() as scratch:
                        job = Job(requirements, site.url, Path(scratch))
                        before = recorder.recorded
                        run = subprocess.run(
                            tool.command(job),
                            env=clean_environment(**tool.environment(job)),
                            capture_output=True,
                            text=True,
                        )
                    expected = (run.returncode == 0) == requirements.solvable
                    failed = failed or not expected
                    added = recorder.recorded - before
                    outcome = "answered" if run.returncode == 0 else f"exit {run.returncode}"
                    print(f"{requirements.name}: {tool.name} {outcome}, {added} files recorded")
                    if not expected:
                        print(run.stderr[-2000:], file=sys.stderr)
                    sys.stdout.flush()
                failures += failed
                if not failed:
                    recording.mark_recorded(requirements)
    finally:
        recorder.stop()
        recording.publish_all()
    return 1 if failures else 0


def serve(recording: Recording, upstream: str | None, port: int) -> int:
    recorder = Recorder(recording, Upstream(upstream)) if upstream else None
    recorder_port = recorder.port if recorder else None
    with Site(recording.directory, recording.directory / "nginx", recorder_port, port) as site:
        print(site.url, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    if recorder:
        recorder.stop()
    recording.publish_all()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--directory", type=Path, default=DEFAULT_DIRECTORY)
    parser.add_argument("--upstream", help="the index to record")
    verbs = parser.add_subparsers(dest="verb", required=True)
    recording_verb = verbs.add_parser("record")
    recording_verb.add_argument("sets", nargs="+", choices=sorted(SETS), metavar="SET")
    recording_verb.add_argument("--engine", type=Path, default=ROOT / "build" / "bin" / "flowstone")
    serving_verb = verbs.add_parser("serve")
    serving_verb.add_argument("--record", action="store_true", help="get what is not there yet")
    serving_verb.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    recording = Recording(options.directory)
    upstream = options.upstream or configured_index()
    if options.verb == "record":
        sets = [SETS[name] for name in options.sets]
        return record(recording, upstream, sets, options.engine)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    return serve(recording, upstream if options.record else None, options.port)


if __name__ == "__main__":
    sys.exit(main())
