// A worker that speaks the engine's protocol and runs no flow: a task executes the Python text in
// its variable CODE. Tests of the executor say in CODE what a process does, also what the real
// worker never would. What an import does is said by the variable LOAD of the environment.
#pragma once

#include <string_view>

namespace flowstone::exec::testing {

inline constexpr std::string_view kStandInWorker = R"PYTHON(
import array, json, os, signal, socket, struct, subprocess, sys, time

class Channel:
    def __init__(self, fd):
        self.socket = socket.socket(fileno=fd)
    def send(self, type, payload=b"", fds=(), **fields):
        header = json.dumps({"type": type, "descriptors": len(fds), **fields}).encode()
        data = struct.pack("<IQ", len(header), len(payload)) + header + payload
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        sent = self.socket.sendmsg([data], rights)
        self.socket.sendall(data[sent:])
    def read(self, size, fds):
        data = b""
        while len(data) < size:
            piece, found, _, _ = socket.recv_fds(self.socket, size - len(data), 8)
            fds.extend(found)
            if not piece:
                sys.exit(0)
            data += piece
        return data
    def receive(self):
        fds = []
        header, payload = struct.unpack("<IQ", self.read(12, fds))
        return json.loads(self.read(header, fds)), self.read(payload, fds), fds

class Task:
    def __init__(self, channel, task):
        self.channel, self.task = channel, task
    def send(self, type, payload=b"", fds=(), **fields):
        self.channel.send(type, payload, fds, **fields)
    def artifact(self, name, payload=b"", fds=(), size=None):
        self.send("artifact", payload, fds, name=name, artifact_type="builtins.bytes",
                  encoding="pickle5", size=len(payload) if size is None else size)
    def get(self, sha256):
        self.send("get", sha256=sha256)
        return self.channel.receive()
    def end(self, ok=True, next=None, reason=None, exception=None):
        self.send("end", ok=ok, references={}, reason=reason, exception=exception, successful=ok,
                  caught=False, transition={"next": next, "foreach": None} if next else None)

def run(frame, fds):
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (fds[1], 1), (fds[2], 2)):
        os.dup2(source, target)
    task = Task(Channel(fds[0]), frame["task"])
    task.send("started", pid=os.getpid())
    exec(frame["task"]["environment"]["CODE"], {**globals(), "task": task})
    sys.stdout.flush()
    os._exit(0)

zygote = Channel(int(sys.argv[-1]))
zygote.send("hello", protocol=1, pid=os.getpid(), python="3.11.2")
children = {}
zygote.socket.settimeout(0.005)
loaded = False
while True:
    for pid in list(children):
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            by_signal = os.WIFSIGNALED(status)
            zygote.send("exited", key=children.pop(pid), pid=pid, max_rss_kib=usage.ru_maxrss,
                        code=None if by_signal else os.WEXITSTATUS(status),
                        signal=os.WTERMSIG(status) if by_signal else None)
    try:
        zygote.socket.recv(1, socket.MSG_PEEK)
    except socket.timeout:
        continue
    zygote.socket.settimeout(None)
    frame, _, fds = zygote.receive()
    zygote.socket.settimeout(0.005)
    if frame["type"] == "load":
        threads = 0
        exec(frame["environment"].get("LOAD", ""))
        zygote.send("loaded", threads=threads)
    elif frame["type"] == "fork":
        pid = os.fork()
        if pid == 0:
            zygote.socket.close()
            run(frame, fds)
        for fd in fds:
            os.close(fd)
        children[pid] = frame["key"]
        zygote.send("forked", key=frame["key"], pid=pid)
    elif frame["type"] == "run_here":
        zygote.socket.close()
        run(frame, fds)
    elif frame["type"] == "shutdown":
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        sys.exit(0)
)PYTHON";

}  // namespace flowstone::exec::testing
