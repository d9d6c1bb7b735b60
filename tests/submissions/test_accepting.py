"""Boards that take submissions: the same in either order, withdrawals, and what is refused."""

import copy
import csv
import hashlib
import html
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imbnas.errors import InputError
from imbnas.leaderboards.chart_data.entries import entries
from imbnas.leaderboards.library import load_results
from imbnas.runs.store.archive import pack, unpack
from imbnas.runs.store.opening import open_run
from imbnas.runs.store.submission_log import LOG, Logged, log_text, read_log
from imbnas.runs.store.submitted import BoardRun, united_archive
from imbnas.submissions import accepting
from imbnas.submissions.accepting import submission_name

from . import hostile

DAYS = {"own": "2026-01-02", "mine": "2026-01-01"}
Bench = Callable[..., object]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows(board: Path, table: str = "adaptation") -> dict[str, dict[str, str]]:
    text = (board / f"{table}.csv").read_text()
    column = {"adaptation": "strategy", "rankers": "ranker"}[table]
    return {row[column]: row for row in csv.DictReader(io.StringIO(text))}


@pytest.fixture(scope="module")
def handed_in(own_submission: Path, plugin_submission: Path) -> dict[str, Path]:
    return {"own": own_submission, "mine": plugin_submission}


@pytest.fixture(scope="module")
def accepted(
    bench_here, board: Path, handed_in: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Copies of all boards that have accepted submissions in some order."""

    def make(*names: str) -> Path:
        boards = tmp_path_factory.mktemp("accepting") / "leaderboards"
        shutil.copytree(board.parents[1], boards)
        copied = boards / board.relative_to(board.parents[1])
        for name in names:
            done = bench_here(
                "accept", handed_in[name], "--board", copied, "--date", DAYS[name],
                "--site", boards.parent / "site",
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        return copied

    return make


@pytest.fixture(scope="module")
def both(accepted: Callable[..., Path]) -> Path:
    return accepted("own", "mine")


@pytest.fixture(scope="module")
def with_own(accepted: Callable[..., Path]) -> Path:
    return accepted("own")


def test_either_order_gives_the_same_board_and_site(
    both: Path, accepted: Callable[..., Path]
) -> None:
    other = accepted("mine", "own")
    assert files(both) == files(other)
    assert files(both.parents[2] / "site") == files(other.parents[2] / "site")


def test_rows_say_where_they_come_from(both: Path, handed_in: dict[str, Path]) -> None:
    found = rows(both)
    assert (found["p0"]["origin"], found["p0"]["verified"], found["p0"]["state"]) == ("",) * 3
    own = found["p2(freeze_after_fraction=0.5)"]
    assert own["origin"] == "Half frozen, by A. Nonymous"
    assert (own["submitted"], own["verified"], own["state"]) == ("2026-01-02", "no", "accepted")
    assert found["mine"]["submitted"] == "2026-01-01"
    assert own["accuracy_mean"]
    assert own["n_missing"] == "0"
    assert {own["fidelity"], found["p0"]["fidelity"]} == {"only"}
    logged = read_log(both)
    hashes = [hashlib.sha256(handed_in[name].read_bytes()).hexdigest() for name in ("mine", "own")]
    assert [line.sha256 for line in logged] == hashes
    held = {path.stem for path in (both / "submissions").iterdir()}
    assert held == {line.name for line in logged}
    assert "Half frozen, by A. Nonymous" in (both / "index.html").read_text()


def test_the_suites_own_rows_keep_their_values(both: Path, board: Path) -> None:
    before, after = rows(board), rows(both)
    assert "origin" not in before["p0"]
    for label in ("p0", "p1"):
        for column in ("accuracy_mean", "accuracy_sd", "regret", "adapt_macs", "searcher"):
            assert before[label][column] == after[label][column]


def test_tables_and_page_are_written_again_with_the_same_bytes(bench_here, both: Path) -> None:
    before = files(both)
    for command in ("leaderboard", "report"):
        done = bench_here(command, both)
        assert done.returncode == 0, done.stderr
        assert files(both) == before
    assert open_run(both).suite_content() == (both / "suite.json").read_bytes()


def test_other_commands_read_it(bench_here, both: Path, tmp_path: Path) -> None:
    status = bench_here("status", both, "--json")
    assert status.returncode == 0, status.stderr
    assert bench_here("export", both, "--out", tmp_path / "table.csv").returncode == 0
    loaded = load_results(both)
    assert {"mine", "p0"} <= set(loaded.tables["adaptation"]["strategy"])


def test_runs_take_over_what_was_accepted(
    bench, both: Path, tiny_suite: Path, tmp_path: Path
) -> None:
    done = bench(
        "run", "--suite", tiny_suite, "--reuse", both, "--out", tmp_path / "run", "--executor",
        "here", "--strategy", "p2(freeze_after_fraction=0.5)",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    last = open_run(tmp_path / "run")
    known = open_run(both)
    assert {r.identity: r for r in last.records()}.items() <= {
        r.identity: r for r in known.records()
    }.items()


def test_a_withdrawn_row_stays_and_counts_no_more(
    bench_here, both: Path, with_own: Path, tmp_path: Path
) -> None:
    alone, copied = with_own, tmp_path / "leaderboards"
    shutil.copytree(both.parents[1], copied)
    target = copied / both.relative_to(both.parents[1])
    name = next(line.name for line in read_log(both) if "mine" in str(line.added))
    done = bench_here("accept", "--withdraw", name, "--board", target, "--date", "2026-02-01")
    assert done.returncode == 0, done.stderr
    found, without = rows(target), rows(alone)
    mine = found.pop("mine")
    assert found == without
    assert (mine["state"], mine["accuracy_rank"], mine["accuracy_vs_p0"]) == ("withdrawn", "", "")
    assert mine["accuracy_mean"] == rows(both)["mine"]["accuracy_mean"]
    differences = "strategy_differences.csv"
    assert (target / differences).read_bytes() == (alone / differences).read_bytes()
    shown = {e.strategy: e for e in entries(load_results(target).tables)}
    assert not shown["mine"].verified
    assert not shown["mine"].bands
    assert [line.state for line in read_log(target)] == ["accepted", "accepted", "withdrawn"]
    assert "withdrawn" in (target / "index.html").read_text()
    before = files(target)
    assert bench_here("report", target).returncode == 0
    assert files(target) == before
    for again in (name, "nobody"):
        done = bench_here("accept", "--withdraw", again, "--board", target)
        refused(done, "withdrawn already|no submission of", target, before)


def refused(done, told: str, board: Path, before: dict[str, bytes]) -> None:
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert any(each in done.stderr for each in told.split("|")), done.stderr
    assert files(board) == before
    assert [path.name for path in board.parent.iterdir()] == [board.name]


def test_what_is_there_already_is_refused(
    bench_here, both: Path, handed_in: dict[str, Path], tmp_path: Path
) -> None:
    before = files(both)
    refused(bench_here("accept", handed_in["own"], "--board", both), "already, as", both, before)
    renamed = tmp_path / "renamed.imbnas"
    renamed.write_bytes(hostile.about(unpack(handed_in["own"]), title="Another title"))
    refused(bench_here("accept", renamed, "--board", both), "on the board already", both, before)


def test_another_plug_in_of_the_same_name_is_refused(
    bench_here, made_run, submit, board: Path, both: Path, tmp_path: Path
) -> None:
    from .conftest import PLUGIN

    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN + "\n# another\n")
    out = tmp_path / "out.imbnas"
    sent = submit(made_run("--plugin", plugin, "--strategy", "mine"), board, out)
    assert sent.returncode == 0, sent.stderr
    before = files(both)
    refused(bench_here("accept", out, "--board", both), "another plug-in text", both, before)


def _cases() -> list[object]:
    names = [name for name in sorted(hostile.CASES) if name not in hostile.LARGE]
    return [
        pytest.param(name, marks=[pytest.mark.slow] if place % 8 else [])
        for place, name in enumerate(names)
    ]


@pytest.mark.parametrize("case", _cases())
def test_hostile_files_change_nothing(
    bench_here, board: Path, handed_in: dict[str, Path], tmp_path: Path, case: str
) -> None:
    base = unpack(handed_in["mine" if case in hostile.ON_PLUGIN else "own"])
    file = tmp_path / "hostile.imbnas"
    file.write_bytes(hostile.CASES[case](base))
    before = files(board)
    refused(bench_here("accept", file, "--board", board), "", board, before)


def _other_number(board: Path) -> None:
    path = board / "adaptation.csv"
    path.write_text(path.read_text().replace("p0", "p9", 1))


def _no_table(board: Path) -> None:
    (board / "rankers.csv").unlink()


def _other_file(board: Path) -> None:
    path = next((board / "submissions").iterdir())
    path.write_bytes(pack(replace(unpack(path), failures={"0" * 64: b'{"identity":"x"}'})))


def _further_file(board: Path) -> None:
    path = next((board / "submissions").iterdir())
    shutil.copy(path, path.with_name("further.imbnas"))


def _no_file(board: Path) -> None:
    next((board / "submissions").iterdir()).unlink()


def _other_log(board: Path) -> None:
    path = board / LOG
    path.write_text(path.read_text().replace("A. Nonymous", "Somebody"))


def _name_outside(board: Path) -> None:
    path = board / LOG
    path.write_text(path.read_text().replace(read_log(board)[0].name, "../../outside"))


def _other_suite(board: Path) -> None:
    path = board / "suite.json"
    path.write_bytes(path.read_bytes() + b"\n")


def _no_log(board: Path) -> None:
    (board / LOG).unlink()


@pytest.mark.parametrize(
    "change",
    [
        _other_number, _no_table, _other_file, _further_file, _no_file, _other_log, _name_outside,
        _other_suite, _no_log,
    ],
)  # fmt: skip
def test_a_board_that_has_changed_is_refused(
    bench_here,
    with_own: Path,
    handed_in: dict[str, Path],
    tmp_path: Path,
    change: Callable[[Path], None],
) -> None:
    board = tmp_path / "suite" / "board"
    shutil.copytree(with_own, board)
    change(board)
    before = files(board)
    told = "get the board again|remove it"
    refused(bench_here("accept", handed_in["mine"], "--board", board), told, board, before)


def report(file: Path, **changes: object) -> dict[str, object]:
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    drawn = {"drawn": 2, "pool": 4, "left_out": 4, "fault": None}
    return {
        "sha256": sha256, "verified": True, "version": "1.2", "utc": "2026-01-05T10:00:00+00:00",
        "recomputed": drawn,
    } | changes  # fmt: skip


def test_what_was_recomputed_stands_in_the_row(
    bench_here, accepted: Callable[..., Path], handed_in: dict[str, Path], tmp_path: Path
) -> None:
    board, told = accepted(), tmp_path / "report.json"
    told.write_text(json.dumps(report(handed_in["own"])))
    done = bench_here(
        "accept", handed_in["own"], "--board", board, "--recomputed", told, "--date", "2026-01-06"
    )
    assert done.returncode == 0, done.stderr
    own = rows(board)["p2(freeze_after_fraction=0.5)"]
    assert own["verified"] == "2 of 8 units (25.0%) by imbnas 1.2, 2026-01-05"
    assert {e.strategy: e for e in entries(load_results(board).tables)}[own["strategy"]].verified


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "0" * 64},
        {"verified": False},
        {"recomputed": None},
        {"recomputed": {"drawn": 5, "pool": 4, "left_out": 0, "fault": None}},
        {"recomputed": {"drawn": 0, "pool": 4, "left_out": 0, "fault": None}},
        {"recomputed": {"drawn": 2, "pool": 4, "left_out": 0, "fault": "different"}},
        {"version": "=1+1"},
        {"version": "<b>"},
        {"utc": "yesterday"},
    ],
)
def test_another_report_is_refused(
    bench_here, board: Path, handed_in: dict[str, Path], tmp_path: Path, changes: dict[str, object]
) -> None:
    told, before = tmp_path / "report.json", files(board)
    told.write_text(json.dumps(report(handed_in["own"], **changes)))
    done = bench_here("accept", handed_in["own"], "--board", board, "--recomputed", told)
    refused(done, "--recomputed", board, before)


def test_a_real_report_is_taken(
    bench, board: Path, accepted: Callable[..., Path], handed_in: dict[str, Path], tmp_path: Path
) -> None:
    copied, told = accepted(), tmp_path / "report.json"
    verified = bench(
        "verify", handed_in["own"], "--board", board, "--recompute", "1", "--executor", "here",
        "--json",
    )  # fmt: skip
    assert verified.returncode == 0, verified.stderr
    told.write_text(verified.stdout)
    done = bench("accept", handed_in["own"], "--board", copied, "--recomputed", told)
    assert done.returncode == 0, done.stderr
    assert read_log(copied)[0].verified.startswith("1 of 8 units (12.5%) by imbnas ")


def test_a_site_that_is_refused_leaves_the_board(
    bench_here, accepted: Callable[..., Path], handed_in: dict[str, Path], tmp_path: Path
) -> None:
    board, site = accepted(), tmp_path / "site"
    site.mkdir()
    (site / "mine.txt").write_text("x")
    before = files(board)
    done = bench_here("accept", handed_in["own"], "--board", board, "--site", site)
    refused(done, "no site of imbnas", board, before)


def test_a_board_with_submissions_is_neither_replaced_nor_published(
    bench_here, both: Path, finished_run: Path, tmp_path: Path
) -> None:
    before = files(both)
    done = bench_here("publish", finished_run, "--to", both.parents[1], "--replace")
    refused(done, "has taken submissions", both, before)
    done = bench_here("publish", both, "--to", tmp_path / "boards")
    refused(done, "a board with submissions", both, before)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Half frozen", "half-frozen"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con"),
        ("岩澤", "submission"),
        ("x" * 200, "x" * 40),
        ("a\\b:c|d?e*f", "a-b-c-d-e-f"),
        ("Ångström & Söhne", "angstrom-sohne"),
    ],
)
def test_names_of_files_have_safe_characters(title: str, name: str) -> None:
    assert submission_name(title, "ab" * 32) == f"{name}-abababababab"


def test_a_hostile_title_stays_text(
    bench_here, accepted: Callable[..., Path], handed_in: dict[str, Path], tmp_path: Path
) -> None:
    title = '"quoted", a;b|c R&D &amp; {{ 7 * 7 }} ${jndi:x} a`b` \\" onload="x'
    board, file = accepted(), tmp_path / "x.imbnas"
    file.write_bytes(hostile.about(unpack(handed_in["own"]), title=title))
    done = bench_here("accept", file, "--board", board)
    assert done.returncode == 0, done.stderr
    assert rows(board)["p2(freeze_after_fraction=0.5)"]["origin"] == f"{title}, by A. Nonymous"
    assert read_log(board)[0].title == title
    page = (board / "index.html").read_text()
    assert html.escape(title, quote=False) in page.replace("&#34;", '"').replace("&#39;", "'")
    assert title not in page


def test_the_log_is_read_as_it_is_written(tmp_path: Path) -> None:
    lines = [
        Logged(
            date=f"2026-01-0{day}", sha256=f"{day}" * 64, name=f"n-{day}", title='a "b", c',
            author="d\te", url="", licence="", added={"strategies": ("p2(a=1, b=2)",)},
            earlier_runs=day, verified="no", state="accepted",
        )
        for day in (2, 1)
    ]  # fmt: skip
    (tmp_path / LOG).write_text(log_text(lines))
    assert read_log(tmp_path) == lines[::-1]
    for text in ("", "date\n1\n", log_text(lines) + "x\n", log_text(lines).replace("n-1", "/n")):
        (tmp_path / LOG).write_text(text)
        with pytest.raises(InputError, match="get the board again"):
            read_log(tmp_path)


KINDS = (
    ("--ranker", "naswot"),
    ("--baseline", "resnet18"),
    ("--scheme", "balanced-softmax"),
    ("--condition", "digits@20x ldam"),
)


@pytest.fixture(scope="module")
def of_every_kind(
    made_run, submit, board: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    folder, made = tmp_path_factory.mktemp("kinds"), []
    for place, added in enumerate(KINDS):
        made.append(folder / f"{place}.imbnas")
        sent = submit(made_run(*added), board, made[-1], "--title", added[1])
        assert sent.returncode == 0, sent.stderr
    return made


@pytest.mark.slow
def test_every_kind_of_addition_is_accepted_in_any_order(
    bench_here, accepted: Callable[..., Path], of_every_kind: list[Path]
) -> None:
    boards = []
    for order in (of_every_kind, of_every_kind[::-1]):
        boards.append(accepted())
        for file in order:
            done = bench_here("accept", file, "--board", boards[-1], "--date", "2026-03-01")
            assert done.returncode == 0, done.stderr
    one, other = boards
    assert files(one) == files(other)
    assert rows(one, "rankers")["naswot"]["origin"] == "naswot, by A. Nonymous"
    assert rows(one)["naswot"]["origin"] == "naswot, by A. Nonymous"
    loaded = load_results(one)
    baselines = loaded.tables["baselines"].set_index("model")
    assert baselines.loc["resnet18", "origin"] == "resnet18, by A. Nonymous"
    pairs = loaded.tables["rank_correlation"]
    assert {"balanced-softmax", "ldam"} <= {*pairs["x_scheme"], *pairs["y_scheme"]}
    for line in read_log(one):
        done = bench_here("accept", "--withdraw", line.name, "--board", one)
        assert done.returncode == 0, done.stderr
    assert rows(one, "rankers")["naswot"]["state"] == "withdrawn"
    assert (
        rows(one)["p0"] | dict.fromkeys(("origin", "submitted", "verified", "state"), "")
        == (rows(one)["p0"])
    )


@pytest.mark.slow
def test_conditions_that_share_unknown_images_are_refused(
    bench_here,
    made_run,
    submit,
    board: Path,
    accepted: Callable[..., Path],
    of_every_kind: list[Path],
    tmp_path: Path,
) -> None:
    out, copied = tmp_path / "out.imbnas", accepted()
    assert submit(made_run("--condition", "digits@5x"), board, out).returncode == 0
    assert bench_here("accept", of_every_kind[3], "--board", copied).returncode == 0
    before = files(copied)
    refused(bench_here("accept", out, "--board", copied), "is not known", copied, before)


def test_records_of_a_withdrawn_submission_serve_those_that_build_on_them(
    bench_here, with_own: Path, handed_in: dict[str, Path], tmp_path: Path
) -> None:
    """A board whose second submission holds only what the first, since withdrawn, did not."""
    first = unpack(handed_in["own"])
    kind, (identity, line) = "train", next(iter(sorted(first.records["train"].items())))
    board = BoardRun(with_own)
    (taken,) = board.submissions
    rest = {
        name: {key: text for key, text in lines.items() if key != identity}
        for name, lines in first.records.items()
    }
    second = copy.copy(taken.run)
    second.archive = replace(first, records=rest)
    own = replace(taken, withdrawn=True)
    archive = united_archive(
        unpack(with_own / "records.tar.xz"), taken.base, [own, replace(taken, run=second)]
    )
    assert archive.records[kind][identity] == line
    alone = united_archive(unpack(with_own / "records.tar.xz"), taken.base, [own])
    assert identity not in alone.records[kind]


def test_of_two_commands_at_once_the_later_is_refused(
    bench_here,
    accepted: Callable[..., Path],
    handed_in: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board, write = accepted(), accepting.write_report

    def meanwhile(*arguments: object) -> object:
        monkeypatch.setattr(accepting, "write_report", write)
        assert bench_here("accept", handed_in["mine"], "--board", board).returncode == 0
        return write(*arguments)

    monkeypatch.setattr(accepting, "write_report", meanwhile)
    done = bench_here("accept", handed_in["own"], "--board", board)
    refused(done, "changed meanwhile", board, files(board))
    assert [line.state for line in read_log(board)] == ["accepted"]
    assert "mine" in rows(board)
