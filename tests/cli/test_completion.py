"""What a shell completes, and that help and completion stay cheap."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

import imbnas.cli
from imbnas.cli import completion
from imbnas.cli.commands import COMMANDS
from imbnas.cli.completion import names_of
from imbnas.cli.list import KINDS
from imbnas.cli.main import group

FOLDER = Path(imbnas.cli.__file__).parent


def completed(*words: str) -> list[str]:
    """What bash is told for the last word."""
    environment = os.environ | {
        "_IMBNAS_BENCH_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["imbnas-bench", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", "from imbnas.cli import main; main()"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_commands_and_names_are_completed_by_a_shell() -> None:
    assert completed("re") == ["report", "replay"]
    assert completed("run", "--suite", "lt-d") == ["lt-digits-tss", "lt-digits"]


@pytest.mark.parametrize(
    ("words", "begun", "wanted"),
    [
        (("run", "--strategy"), "p1", ["p1", "p1-cached", "p1-drift"]),
        (("run", "--scheme"), "cb-d", ["cb-drw"]),
        (("plan", "--ranker"), "s", ["short-training", "snip", "synflow"]),
        (("run", "--executor"), "sl", ["slurm"]),
        (("train", "--space"), "nats", ["nats-sss", "nats-tss"]),
        (("train", "--condition"), "cifar", ["cifar10@", "cifar100@"]),
        (("train", "--condition"), "cifar10@1", []),
        (("train", "--baseline"), "resnet10t", ["resnet10t", "resnet10t_w8"]),
        (("show", "strategy"), "head", ["head-per-arch"]),
        (("show", "searcher"), "e", ["evolution", "exhaustive"]),
        (("show", "suite"), "super", ["supernet-sanity"]),
        (("fidelity",), "lt-c", ["lt-cifar"]),
        (("run", "--fidelity"), "sm", ["smoke"]),
        (("run", "--part"), "baselines", ["baselines", "baselines-more"]),
        (("plan", "--suite", "lt-cifar", "--fidelity"), "pa", ["paper"]),
        (("run", "--suite", "no-such-suite", "--part"), "", []),
    ],
)
def test_names_are_completed(words: tuple[str, ...], begun: str, wanted: list[str]) -> None:
    from click.shell_completion import ShellComplete

    shell = ShellComplete(group, {}, "imbnas-bench", "_IMBNAS_BENCH_COMPLETE")
    assert [each.value for each in shell.get_completions(list(words), begun)] == wanted


def test_where_no_name_fits_files_are_completed() -> None:
    from click.shell_completion import ShellComplete

    shell = ShellComplete(group, {}, "imbnas-bench", "_IMBNAS_BENCH_COMPLETE")
    (found,) = shell.get_completions(["run", "--suite"], "./mi")
    assert (found.value, found.type) == ("./mi", "file")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_is_listed_can_be_completed(kind: str) -> None:
    context = click.Context(click.Command("x"))
    assert names_of(kind)(context, click.Option(["--x"]), "")


def test_a_failing_registry_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: str) -> list[str]:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(completion, "_names", fail)
    context = click.Context(click.Command("x"))
    assert names_of("strategies")(context, click.Option(["--x"]), "") == []
    assert capsys.readouterr() == ("", "")


def test_help_lists_every_command_and_imports_none() -> None:
    commands = {
        path.stem for path in FOLDER.glob("*.py") if "\n@click.command(" in path.read_text()
    }
    assert set(COMMANDS) == commands | {"show"}
    code = (
        "import sys\nfrom imbnas.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted(n for n in sys.modules if n.startswith('imbnas.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *lines, modules = done.stdout.splitlines()
    assert not any(f"'imbnas.cli.{name}'" in modules for name in COMMANDS)
    for name, line in COMMANDS.items():
        assert f"  {name:<11}  {line}" in lines
        assert callable(import_module(f"imbnas.cli.{name}").command)
    assert max(map(len, lines)) <= 80
