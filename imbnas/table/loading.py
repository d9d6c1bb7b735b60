"""Opens a board, a run or an exported file as a table."""

import warnings
from pathlib import Path

from imbnas.errors import InputError, suggest
from imbnas.leaderboards.results import Results
from imbnas.resources import published_folders
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.opening import open_run
from imbnas.table.benchmark import Benchmark
from imbnas.table.index import RowIndex
from imbnas.table.reading import columns_of, read_table
from imbnas.table.rows import table_of

ARCHIVE_SUFFIX = ".tar.xz"


def load_benchmark(source: str | Path) -> Benchmark:
    """Open a table for look-ups.

    Damaged records are left out with a warning; another one counts those without a checksum.

    Args:
        source: title of a published board, such as ``lt-digits-tss@1/mini``; or the path of a run
            directory, of a board's folder or archive, or of a file that ``imbnas-bench export``
            wrote.

    Raises:
        InputError: it is none of these.
        OSError: it cannot be read.

    Example:
        >>> import imbnas
        >>> bench = imbnas.load_benchmark("runs/mine")
        >>> bench.conditions
        ('digits@1x', 'digits@10x')
    """
    path = find_source(source)
    if path.is_file() and not path.name.endswith(ARCHIVE_SUFFIX):
        return Benchmark(RowIndex(read_table(path)))
    results, directory = open_records(path)
    for line in (*results.notes, *results.damaged):
        warnings.warn(line, stacklevel=2)
    table = table_of(results, directory.failures())
    return Benchmark(RowIndex(columns_of(table, str(source))))


def find_source(source: str | Path) -> Path:
    """The path that is meant: what lies there, or what the checkout has under that title.

    Raises:
        InputError: there is neither.
    """
    path = Path(source)
    if path.exists():
        return path
    published = published_folders()
    if str(source) in published:
        return published[str(source)]
    raise InputError(
        f"{source}: no such file or folder, nor a published board{suggest(str(source), published)}"
    )


def open_records(path: Path) -> tuple[Results, RunDirectory]:
    """A run, a board or an archive with its records.

    Raises:
        InputError: no records lie there.
    """
    directory = open_run(path)
    results = Results.read(directory)
    if not results.records:
        raise InputError(
            f"{path}: holds no records, from which a table is made; give the --out of a run"
        )
    return results, directory
