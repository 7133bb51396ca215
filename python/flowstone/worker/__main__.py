"""`PYTHON [-I] ROOT/flowstone/worker/__main__.py --channel FD`: a zygote.

Started by path, so that it works in an environment that has nothing installed. The package is found
once, through ROOT; then ROOT leaves `sys.path`, because what else lies in that folder is not the
flow's business.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    folder = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(folder))
    if sys.path and os.path.abspath(sys.path[0]) == folder:
        del sys.path[0]  # Python puts the script's folder first, except with -I
    sys.path.insert(0, root)
    from flowstone.worker.zygote import serve

    sys.path.remove(root)
    if len(sys.argv) != 3 or sys.argv[1] != "--channel":
        sys.stderr.write("usage: __main__.py --channel FD\n")
        return 2
    return serve(int(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())
