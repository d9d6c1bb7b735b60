"""The public contract of the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from imbnas.cli.list import KINDS

ARCHITECTURE = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
)
COMMANDS = (
    "plan", "run", "status", "logs", "leaderboard", "report", "publish", "board", "merge", "export",
    "replay", "list", "show", "train", "correlate", "fidelity",
)  # fmt: skip


def imported_by(*arguments: str) -> set[str]:
    """Top-level packages that a command imports."""
    code = (
        "import sys\n"
        "from imbnas.cli import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "print('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.splitlines()[-1].split())


def test_help_imports_click_only() -> None:
    third_party = {
        "torch", "numpy", "pandas", "scipy", "pydantic", "rich", "timm", "sklearn",
        "seaborn", "matplotlib", "jinja2", "plotly",
    }  # fmt: skip
    for arguments in (("--help",), *((command, "--help") for command in COMMANDS)):
        assert not imported_by(*arguments) & third_party, arguments


def test_list_imports_neither_torch_nor_pandas_nor_scipy() -> None:
    heavy = {"torch", "pandas", "scipy", "timm", "sklearn", "torchvision"}
    assert not imported_by("list") & heavy
    assert not imported_by("list", "--json") & heavy


@pytest.mark.parametrize("kind", KINDS)
def test_list_json_gives_name_version_origin_summary(bench_here, kind) -> None:
    done = bench_here("list", kind, "--json")
    assert done.returncode == 0
    entries = json.loads(done.stdout)[kind]
    assert entries
    for entry in entries:
        assert set(entry) == {"name", "version", "origin", "summary"}
        assert all(isinstance(value, str) and value for value in entry.values())


def test_show_arch(bench_here) -> None:
    done = bench_here("show", "arch", "nats-tss", ARCHITECTURE, "--json")
    shown = json.loads(done.stdout)
    assert (shown["params"], shown["macs"], shown["dead"]) == (1_288_506, 184_730_250, False)
    small = json.loads(
        bench_here(
            "show",
            "arch",
            "nats-tss",
            ARCHITECTURE,
            "--json",
            "--num-classes",
            "120",
            "--resolution",
            "16",
        ).stdout
    )
    assert (small["params"], small["macs"]) == (1_295_656, 46_190_200)
    assert small["unique_id"] == shown["unique_id"]
    assert shown["functional_id"]


def test_show_arch_with_another_stem(bench_here) -> None:
    words = ("show", "arch", "nats-tss", ARCHITECTURE, "--json")
    plain = json.loads(bench_here(*words).stdout)
    assert json.loads(bench_here(*words, "--stem-kernel", "3").stdout) == plain
    shown = json.loads(bench_here(*words, "--stem-kernel", "4", "--stem-stride", "4").stdout)
    assert shown["params"] == plain["params"] + (4 * 4 - 3 * 3) * 3 * 16
    stem, head = 3 * 3 * 3 * 16 * 32 * 32, 64 * 10 + 10
    behind = (plain["macs"] - stem - head) // 16
    assert shown["macs"] == behind + 4 * 4 * 3 * 16 * 8 * 8 + head


def test_show_condition(bench_here, tmp_path: Path) -> None:
    manifest = tmp_path / "m.json"
    done = bench_here("show", "condition", "digits@20x", "--json", "--manifest", manifest)
    shown = json.loads(done.stdout)
    counts = shown["class_counts"]
    assert sum(counts) == shown["total"]
    assert counts[0] // counts[-1] >= 20
    assert counts == sorted(counts, reverse=True)
    assert shown["groups"]["many"] is None
    assert json.loads(manifest.read_text())["sha256"] == shown["sha256"]
    paper = json.loads(
        bench_here("show", "condition", "digits@20x", "--protocol", "paper", "--json").stdout
    )
    assert paper["class_counts"][0] > counts[0]
    assert paper["validation_split"] == "test"


def test_show_baseline(bench_here) -> None:
    shown = json.loads(bench_here("show", "baseline", "resnet10t", "--json").stdout)
    assert shown["params"] > 4_000_000
    assert isinstance(shown["macs"], int)
    assert (shown["baseline"], shown["reduction"], shown["patch_size"]) == ("resnet10t", 8, None)
    ad_hoc = json.loads(
        bench_here(
            "show", "baseline", "vit_tiny_patch16_224", "--json", "--resolution", "16",
            "--in-channels", "1", "--num-classes", "100",
        ).stdout
    )  # fmt: skip
    assert (ad_hoc["resolution"], ad_hoc["patch_size"], ad_hoc["num_classes"]) == (16, 2, 100)
    assert {"version", "summary", "source", "model", "digest", "num_features", "input_size"} <= set(
        ad_hoc
    )


def test_train_any_timm_model_fresh_or_from_weights_in_the_data_root(
    bench_here, tmp_path: Path
) -> None:
    (tmp_path / "pretrained").mkdir()
    with torch.random.fork_rng():
        state = timm.create_model("test_resnet").state_dict()
    weights = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(weights, tmp_path / "pretrained" / "test_resnet.safetensors")
    command = [
        "train", "--baseline", "test_resnet", "--condition", "digits@20x", "--recipe",
        "lt-digits/smoke", "--data-root", tmp_path, "--offline", "--json",
    ]  # fmt: skip
    fresh, pretrained = (
        json.loads(bench_here(*command, *more).stdout) for more in ((), ("--pretrained",))
    )
    assert (fresh["model"], pretrained["model"]) == ("test_resnet", "test_resnet (pretrained)")
    assert fresh["params"] == pretrained["params"]
    assert fresh["train_loss"] != pretrained["train_loss"]
    for shown in (fresh, pretrained):
        assert shown["train_images_per_second"] > 0
        assert shown["latency_ms"] > 0


def test_show_takes_the_common_options(bench_here, tmp_path: Path) -> None:
    common = ("--offline", "--data-root", tmp_path, "--json")
    for what in (("arch", "nats-tss", ARCHITECTURE), ("condition", "digits@20x")):
        done = bench_here("show", *what, *common)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)
    assert bench_here("show", "baseline", "cifar_resnet20", *common).returncode == 0


def test_train_prints_everything(bench_here) -> None:
    done = bench_here(
        "train", "--space", "nats-tss", "--arch", ARCHITECTURE, "--condition", "digits@20x",
        "--scheme", "cb-drw", "--recipe", "lt-digits/smoke", "--replicate", "1", "--json",
    )  # fmt: skip
    shown = json.loads(done.stdout)
    assert shown["condition"] == "digits@20x:subset-1"
    assert len(shown["per_class_accuracy"]) == 10
    assert shown["test_accuracy"] == pytest.approx(sum(shown["per_class_accuracy"]) / 10)
    assert shown["many"] is None
    assert 0 <= shown["few"] <= 1
    assert 0 <= shown["harmonic_mean"] <= shown["test_accuracy"]
    assert 0 < shown["expected_calibration_error"] < 1
    assert shown["seconds"] > 0
    assert shown["images_per_second"] > 0


def test_leaderboard_and_status_of_a_finished_run(bench_here, finished_run: Path) -> None:
    status = json.loads(bench_here("status", finished_run, "--json").stdout)
    assert (status["done"], status["left"], status["failed"]) == (status["total"], 0, 0)
    before = {p.name: p.read_bytes() for p in (finished_run / "tables").iterdir()}
    tables = json.loads(bench_here("leaderboard", finished_run, "--json").stdout)["tables"]
    assert set(tables) == {
        "rank_correlation",
        "class_orders",
        "tau_by_length",
        "rankers",
        "adaptation",
        "strategy_differences",
        "baselines",
        "matched_budget",
        "architectures",
        "motivation_pairs",
        "cost",
        "checklist",
        "claims",
    }
    assert {p.name: p.read_bytes() for p in (finished_run / "tables").iterdir()} == before


BAD_INPUT = [
    (["rnu"], "unknown command 'rnu'; did you mean 'run'"),
    (["run", "--suite", "lt-digit"], "unknown suite 'lt-digit'; did you mean 'lt-digits'"),
    (["run", "--fidelity", "smok"], "did you mean 'smoke'"),
    (["run", "--part", "tranfser"], "did you mean 'transfer'"),
    (["run", "--worker", "2"], "--worker"),
    (["run", "--workers", "0"], "--workers"),
    (["run", "--workers", "two"], "--workers"),
    (["run", "--reuse", "absent"], "--reuse absent: neither a folder 'records' nor"),
    (["run", "--executor", "slrum"], "did you mean 'slurm'"),
    (["run", "--executor", "script", "--max-units", "3"], "need --executor local"),
    (["run", "--fidelity", "smoke", "--only", "nothing"], "--only nothing: fits none of"),
    (["run", "--executor-option", "x"], "write KEY=VALUE"),
    (["plan", "--fidelity", "smok"], "did you mean 'smoke'"),
    (["plan", "--part", "tranfser"], "did you mean 'transfer'"),
    (["logs", "absent", "x"], "not a run directory"),
    (["status", "absent", "--watch"], "not a run directory"),
    (["status", "absent", "--interval", "0"], "--interval"),
    (["run", "--suite", "absent.toml"], "absent.toml"),
    (["run", "--data-root", "absent"], "absent: no such folder"),
    (["run", "--dataset", "x"], "write NAME=PATH"),
    (["run", "--plugin", "absent.py"], "absent.py"),
    (["list", "strategy"], "strategy"),
    (["show", "arch", "nats-tsz", "x"], "did you mean 'nats-tss'"),
    (["show", "arch", "nats-tss", "|none~0|"], "|none~0|"),
    (["show", "arch", "nats-tss", ARCHITECTURE.replace("skip", "slip")], "slip"),
    (
        ["show", "arch", "nats-tss", ARCHITECTURE, "--stem-stride", "4"],
        "stem: kernel 3 would skip pixels at stride 4",
    ),
    (
        ["show", "arch", "nats-tss", ARCHITECTURE, "--stem-kernel", "2"],
        "stem: kernel 2 is even and not the stride 1",
    ),
    (
        ["show", "arch", "darts", "DARTS_V2", "--stem-stride", "2", "--resolution", "28"],
        "stem stride 2 leaves 14 of 28 pixels",
    ),
    (["show", "condition", "digits@0.5x"], "below 1"),
    (["show", "condition", "digitz@20x"], "did you mean 'digits'"),
    (["show", "condition", "digits@20x:like-3x"], "like"),
    (["show", "baseline", "resnet10z"], "resnet10"),
    (["show", "baseline", "levit_128", "--resolution", "32"], "it takes 224 pixels only"),
    (["train", "--condition", "digits@20x"], "--arch"),
    (
        ["train", "--arch", ARCHITECTURE, "--condition", "digits@20x", "--pretrained"],
        "--pretrained goes with --baseline",
    ),
    (["train", "--baseline", "resnet10z", "--condition", "digits@20x"], "did you mean"),
    (["train", "--baseline", "levit_128", "--condition", "digits@20x"], "224 pixels only"),
    (
        [
            "train",
            "--baseline",
            "test_resnet",
            "--pretrained",
            "--offline",
            "--condition",
            "digits@20x",
        ],
        "test_resnet.safetensors",
    ),
    (["train", "--arch", ARCHITECTURE], "--condition"),
    (
        ["train", "--arch", ARCHITECTURE, "--condition", "digits@20x", "--scheme", "cb-drv"],
        "cb-drw",
    ),
    (["train", "--arch", ARCHITECTURE, "--condition", "digits@20x", "--recipe", "x"], "--recipe"),
    (
        ["train", "--arch", ARCHITECTURE, "--condition", "digits@20x", "--device", "cuda"],
        "use --device cpu",
    ),
    (["run", "--fidelity", "smoke", "--out", "/proc/run"], "/proc/run: No such file"),
    (["run", "--manifest", "absent.json"], "show condition --manifest"),
    (["leaderboard", "absent"], "not a run directory"),
    (["report", "absent"], "not a run directory"),
    (["status", "."], "not a run directory"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD_INPUT, ids=lambda value: str(value)[:60])
def test_bad_input_is_one_line_and_changes_nothing(
    bench_here, monkeypatch, tmp_path: Path, arguments: list[str], said: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    done = bench_here(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("Error: ")
    assert said in lines[0]
    assert list(tmp_path.iterdir()) == []


def test_json_keeps_standard_output_empty_on_error(bench, tmp_path: Path) -> None:
    done = bench("show", "condition", "digitz@20x", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_without_a_command_help_is_shown(bench) -> None:
    done = bench()
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)
