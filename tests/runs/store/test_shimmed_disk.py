"""A file system without links that syncs no folders and answers ESTALE, by a preloaded library.

Everything below Python is as on such a disk, so that no call is forgotten.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imbnas.runs.store.directory import RunDirectory

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int number(const char *name) { const char *s = getenv(name); return s ? atoi(s) : 0; }
static char seen[4096][256];
static int count;

static int stale(const char *path) {
    const char *name = strrchr(path, '/');
    if (!number("SHIM_STALE") || !name || !strstr(path, getenv("SHIM_BELOW"))) return 0;
    for (int i = 0; i < count; i++) if (!strcmp(seen[i], name)) return 0;
    if (count < 4096) strncpy(seen[count++], name, 255);
    errno = ESTALE;
    return 1;
}

int link(const char *a, const char *b) { errno = number("SHIM_LINK"); return -1; }
int linkat(int x, const char *a, int y, const char *b, int f) {
    errno = number("SHIM_LINK");
    return -1;
}
int fsync(int fd) {
    struct stat s;
    if (!fstat(fd, &s) && S_ISDIR(s.st_mode)) { errno = number("SHIM_FSYNC"); return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
#define OPEN(NAME) int NAME(const char *path, int flags, ...) { \
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); \
    if (!(flags & O_CREAT) && stale(path)) return -1; \
    return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #NAME))(path, flags, mode); }
OPEN(open)
OPEN(open64)
"""

WORK = """
import sys
from pathlib import Path
from imbnas.runs.queue.claims import Claims
from imbnas.runs.store.directory import RunDirectory
source, run = RunDirectory(Path(sys.argv[1])), RunDirectory(Path(sys.argv[2]))
suite = source.read_suite()
assert run.store_suite(suite) == suite and run.store_suite(suite) == suite
claims = Claims(run)
for record in source.records():
    assert claims.acquire(record.identity) and not claims.acquire(record.identity)
    assert run.publish_record(record) and not run.publish_record(record)
    if (sha256 := getattr(record.metrics, "weights_sha256", None)):
        run.take_weights(source, sha256)
    claims.release(record.identity)
run.publish_failure("0" * 64, None, "Error", "message")
assert run.failures() and [*run.records()] == [*source.records()]
assert not [*run.claims.iterdir()] and not [*run.temporary.glob("*.tmp")]
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True
    )
    return folder / "shim.so"


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="no Linux, or no gcc"
)
@pytest.mark.parametrize(
    ("link", "fsync", "stale"),
    [("EIO", "EINVAL", 1), ("EACCES", "ENOTSUP", 0), ("EPERM", "EINVAL", 1)],
)
def test_a_run_is_stored_on_a_disk_that_can_little(
    shim: Path, finished_run: Path, tmp_path: Path, link: str, fsync: str, stale: int
) -> None:
    import errno

    run = tmp_path / "shimmed"
    environment = {
        "LD_PRELOAD": str(shim),
        "SHIM_LINK": str(getattr(errno, link)),
        "SHIM_FSYNC": str(getattr(errno, fsync)),
        "SHIM_STALE": str(stale),
        "SHIM_BELOW": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", WORK, finished_run, run],
        env=os.environ | environment, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [*RunDirectory(run).records()] == [*RunDirectory(finished_run).records()]
