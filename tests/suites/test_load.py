from pathlib import Path

import pytest

from imbnas.errors import InputError, UnknownNameError
from imbnas.suites.files import suite_files
from imbnas.suites.load import choose_fidelity, load_suite, read_suite


def test_every_shipped_suite_is_valid_and_named_as_its_file() -> None:
    assert "lt-digits" in suite_files()
    for name in suite_files():
        assert load_suite(name).name == name


CELL = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"


def broken(tmp_path: Path, tiny_suite: Path, old: str, new: str) -> Path:
    text = tiny_suite.read_text()
    assert old in text
    path = tmp_path / "broken.toml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("protocol =", "protokol =", 5, "protokol: unknown key; did you mean 'protocol'"),
        ("digits@10x", "digits@0.5x", 12, r"ratio 0\.5x is below 1"),
        ("epochs = 2", "epoch = 2", 33, "unknown key; did you mean 'epochs'"),
        ("size = 4", "sise = 4", 29, "unknown key; did you mean 'size'"),
        ("size = 4, ", 'rule = "iso-macs", size = 4, ', 29, "takes no 'size'"),
        ("size = 4, ", 'rule = "iso-macs", ', 29, "needs 'macs'"),
        ("size = 4, ", 'rule = "all", size = 4, ', 29, "'all' takes no 'size'"),
        ("size = 4, ", "", 29, "'uniform' needs 'size'"),
        ("size = 4, ", 'size = 4, architectures = ["a", "b"], ', 29, "'listed' takes no 'size'"),
        ("size = 4, ", 'architectures = ["a", "b"], macs = 1, ', 29, "'listed' takes no 'macs'"),
        ("size = 4, ", 'rule = "listed", ', 29, "'listed' needs 'architectures'"),
        ("size = 4, ", 'rule = "all", architectures = ["a", "b"], ', 29, "takes no 'architec"),
        ("size = 4, ", f"architectures = ['{CELL}'], ", 29, "a ranking needs two"),
        ("size = 4, ", f"architectures = ['{CELL}', '{CELL}'], ", 29, "is given twice"),
        ("size = 4, ", f"architectures = ['{CELL}', '|nor~0|'], ", 29, "architectures: nats-tss"),
        ("size = 4, ", "architectures = 'all', ", 29, "architectures: .*tuple"),
        ("batch_size = 32", "batch_size = 0", 35, "batch_size: .*greater than or equal to 1"),
        ("replicates = 2", "replicates = 'two'", 28, "replicates: .*integer"),
        ('default_fidelity = "only"', 'default_fidelity = "x"', None, "default_fidelity 'x'"),
        ('kind = "transfer"', 'kind = "transfr"', 8, "transfr"),
        ("strategies =", "strategy =", 19, "unknown key; did you mean 'strategies'"),
        ('scheme = "cb-drw" },', 'shceme = "cb-drw" },', 12, "did you mean 'scheme'"),
    ],
)
def test_a_fault_names_file_line_key_and_remedy(
    tmp_path: Path, tiny_suite: Path, old: str, new: str, line: int | None, said: str
) -> None:
    path = broken(tmp_path, tiny_suite, old, new)
    with pytest.raises(InputError, match=said) as caught:
        read_suite(path)
    message = str(caught.value)
    assert "\n" not in message
    assert (f"{path}:{line}:" if line else f"{path}:") in message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load_suite(str(tmp_path / "absent.toml"))
    bad = tmp_path / "bad.toml"
    bad.write_text("name = = 1")
    with pytest.raises(InputError, match="not valid TOML.*line 1"):
        read_suite(bad)
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_suite(bad)


def test_unknown_names_answer_with_the_nearest(tiny_suite: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'lt-digits'"):
        load_suite("lt-digit")
    with pytest.raises(UnknownNameError, match="unknown fidelity of suite 'tiny': 'onyl'"):
        choose_fidelity(read_suite(tiny_suite), "onyl")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('["p0", "p1"]', '["p0", "p0"]', 19, "strategies: p0 is given twice"),
        (
            '"mobilenetv3_small_050"',
            '"resnet10t", "resnet10t"',
            24,
            "models: resnet10t is given twice",
        ),
        (
            '{ condition = "digits@10x", scheme = "cb-drw" },\n]',
            '{ condition = "digits@10x", scheme = "cb-drw" },\n' * 2 + "]",
            11,
            "digits@10x with scheme cb-drw is given twice",
        ),
        (
            '{ condition = "digits@10x", scheme = "cb-drw" },\n]',
            '{ condition = "digits@1x", scheme = "ce" },\n]',
            8,
            "is the reference and a target",
        ),
        ('kind = "transfer"\n', "", 8, "kind is missing; give one of transfer, adaptation"),
        ("lr = 0.01\nwidth = 4", "lr = 0.01\nwidth = 8", 27, r"supernet\.width is 4 and adapt"),
        ("epochs = 2", "epochs = 2\nwarmup_epochs = 3", 32, "warmup_epochs 3 exceeds epochs 2"),
        (
            "epochs = 2",
            'epochs = 2\nschedule = "step"\nmilestones = [-1]',
            32,
            "milestones are epochs from 1 on",
        ),
        ("top_k = 2", "topk = 2", 56, "unknown option; did you mean 'top_k'"),
        ("generations = 1", "generations = -1", 56, "'generations': -1 must be .* .0, 1000000"),
    ],
)
def test_what_could_not_work_is_refused_at_its_line(
    tmp_path: Path, tiny_suite: Path, old: str, new: str, line: int, said: str
) -> None:
    path = broken(tmp_path, tiny_suite, old, new)
    with pytest.raises(InputError, match=said) as caught:
        read_suite(path)
    assert f"{path}:{line}:" in str(caught.value)
