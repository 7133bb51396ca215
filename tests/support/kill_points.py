"""Kills the engine with SIGKILL before its n-th call that changes anything.

A small library, preloaded, counts the calls of the engine to what makes, fills, renames, links,
locks or removes files, over all of its threads. Between two of these calls the disk stays as it is,
so that killing before each of them leaves every state that a kill can leave.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long last_call;

__attribute__((constructor)) static void begin(void) {
  char program[4096] = "";
  const ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
  const char *name = length > 0 ? strrchr(program, '/') : 0;
  const char *text = getenv("KILL_POINT");
  last_call = name && text && strcmp(name, "/flowstone") == 0 ? atol(text) : 0;
}

static void count(void) {
  if (last_call > 0 && atomic_fetch_add(&calls, 1) + 1 == last_call) {
    kill(getpid(), SIGKILL);
  }
}

#define REAL(type, name) \
  static type real; \
  if (!real) real = (type)dlsym(RTLD_NEXT, name); \
  count()

typedef int (*open_call)(const char *, int, mode_t);
int open(const char *path, int flags, ...) {
  static open_call real;
  if (!real) real = (open_call)dlsym(RTLD_NEXT, "open");
  va_list list;
  va_start(list, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  if (flags & (O_CREAT | O_TRUNC)) count();
  return real(path, flags, mode);
}

typedef ssize_t (*write_call)(int, const void *, size_t);
ssize_t write(int fd, const void *bytes, size_t size) {
  static write_call real;
  if (!real) real = (write_call)dlsym(RTLD_NEXT, "write");
  if (fd > 2) count();
  return real(fd, bytes, size);
}

typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  REAL(pwrite_call, "pwrite");
  return real(fd, bytes, size, offset);
}

typedef ssize_t (*writev_call)(int, const struct iovec *, int);
ssize_t writev(int fd, const struct iovec *pieces, int number) {
  REAL(writev_call, "writev");
  return real(fd, pieces, number);
}

typedef int (*path_call)(const char *);
int unlink(const char *path) {
  REAL(path_call, "unlink");
  return real(path);
}
int rmdir(const char *path) {
  REAL(path_call, "rmdir");
  return real(path);
}

typedef int (*mode_call)(const char *, mode_t);
int mkdir(const char *path, mode_t mode) {
  REAL(mode_call, "mkdir");
  return real(path, mode);
}
int chmod(const char *path, mode_t mode) {
  REAL(mode_call, "chmod");
  return real(path, mode);
}

typedef int (*pair_call)(const char *, const char *);
int rename(const char *from, const char *to) {
  REAL(pair_call, "rename");
  return real(from, to);
}
int link(const char *from, const char *to) {
  REAL(pair_call, "link");
  return real(from, to);
}
int symlink(const char *target, const char *path) {
  REAL(pair_call, "symlink");
  return real(target, path);
}

typedef int (*truncate_call)(int, off_t);
int ftruncate(int fd, off_t size) {
  REAL(truncate_call, "ftruncate");
  return real(fd, size);
}

typedef int (*lock_call)(int, int);
int flock(int fd, int operation) {
  REAL(lock_call, "flock");
  return real(fd, operation);
}

typedef int (*times_call)(int, const char *, const struct timespec *, int);
int utimensat(int at, const char *path, const struct timespec *times, int flags) {
  REAL(times_call, "utimensat");
  return real(at, path, times, flags);
}
"""

STEP = int(os.environ.get("FLOWSTONE_KILL_STEP", "17"))  # 1: every point
SEED = int(os.environ.get("FLOWSTONE_TEST_SEED", "20261"))


def build_killer(directory: Path) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    source = directory / "killer.c"
    source.write_text(SOURCE)
    library = directory / "killer.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True
    )
    return library


def kill_points() -> Iterator[int]:
    """Which calls to be killed before: one in each STEP of them, for ever."""
    chance = random.Random(SEED)
    start = 0
    while True:
        yield start + 1 + chance.randrange(STEP)
        start += STEP


def kill_everywhere(
    killer: Path,
    run: Callable[[dict[str, str]], subprocess.CompletedProcess[bytes]],
    begin: Callable[[], object],
    check: Callable[[int], object],
) -> int:
    """Kills `run` (which is given variables) at each point until it gets to its end: before each
    there is `begin`, after each `check` with the number of the point. How often it was killed.
    """
    for killed, point in enumerate(kill_points()):
        begin()
        done = run({"LD_PRELOAD": str(killer), "KILL_POINT": str(point)})
        if done.returncode == 0:
            return killed
        assert done.returncode == -signal.SIGKILL, (point, done.stdout, done.stderr)
        check(point)
    raise AssertionError("unreachable")
