"""What is far too much is refused at once: nothing is drawn, built or planned before."""

import re
from pathlib import Path

import pytest

from imbnas.baselines.registry import read_baseline
from imbnas.data import DataLocations
from imbnas.errors import InputError
from imbnas.suites import images
from imbnas.suites.expand import Expansion
from imbnas.suites.files import suite_files
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.size import unit_count
from imbnas.units.largest import MOST_UNITS

MOTIVATION = """
[parts.extra]
kind = "motivation"
space = "nats-tss"
size = {size}
trainings = [{{ condition = "digits@1x" }}]

[fidelities.only.motivation]
epochs = 1

[parts.transfer]"""


def written(tmp_path: Path, tiny_suite: Path, old: str, new: str) -> Path:
    text = tiny_suite.read_text()
    assert old in text
    path = tmp_path / "suite.toml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "field", "largest"),
    [
        ("depth = 1", "depth = 10000000", "fidelities.only.network.depth", "1000"),
        ("width = 4", "width = 1000000", "fidelities.only.network.width", "4096"),
        ("epochs = 2", "epochs = 1000000000", "fidelities.only.network.epochs", "100000"),
        ("batch_size = 32", "batch_size = 1000000000000", "batch_size", "1000000"),
        ("steps_per_epoch = 2", "steps_per_epoch = 1000000000", "steps_per_epoch", "10000000"),
        ("epochs = 2", "epochs = 2\nresolution = 100000", "network.resolution", "4096"),
        ("epochs = 2", "epochs = 2\ncurve_points = 1000000000", "curve_points", "100"),
        ("epochs = 2", "epochs = 2\naugmentation = { pad = 99999 }", "augmentation.pad", "4096"),
        ("replicates = 2", "replicates = 100000", "fidelities.only.replicates", "200"),
        ("replicates = 2", "replicates = 2\nretrainings = 99999", "retrainings", "200"),
        ("replicates = 2", "replicates = 2\nstack = 99999", "fidelities.only.stack", "200"),
        ("size = 4", "size = 1000000000", "fidelities.only.population.size", "100000"),
        ("seed = 3", f"seed = {10**18}", "fidelities.only.population.seed", str(10**18 - 1)),
        (
            "calibration_images = 64",
            "calibration_images = 10000000000",
            "calibration",
            "1000000000",
        ),
        ("generations = 1,", "generations = 1000000000000,", "searcher.options", "1000000"),
        ("population = 3", "population = 1000000000000", "searcher.options", "1000000"),
        ("top_k = 2", "top_k = 1000000000000", "searcher.options", "1000000"),
        ("generations = 1,", f"generations = {'9' * 4000},", "searcher.options", "1000000"),
        ("[parts.transfer]", MOTIVATION.format(size=10**9), "parts.extra.size", "100000"),
        (
            'strategies = ["p0", "p1"]',
            'strategies = [{ name = "p2", options = { freeze_after = 1000000000 } }]',
            "parts.adaptation.strategies",
            "100000",
        ),
    ],
)
def test_a_number_that_is_far_too_large_is_named_with_the_largest(
    tmp_path: Path, tiny_suite: Path, old: str, new: str, field: str, largest: str
) -> None:
    path = written(tmp_path, tiny_suite, old, new)
    with pytest.raises(InputError, match=f"[ ,]{largest}") as caught:
        read_suite(path)
    line = str(caught.value)
    assert re.match(rf"suite {re.escape(str(path))}:\d+: \S*{re.escape(field)}", line)
    assert "\n" not in line
    assert len(line) < 400


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed = 3", f"seed = {'9' * 5000}", "an integer of more than 4300 digits"),
        ("epochs = 2", f"epochs = {'[' * 5000}{']' * 5000}", "more than 50 deep"),
        ("epochs = 2", f"epochs = {'{a=' * 5000}1{'}' * 5000}", "more than 50 deep"),
        ("epochs = 2", f"{'.'.join('a' * 100_000)} = 1", "a key of more than 50 parts"),
        ("epochs = 2", f"x = {{ {' . '.join('a' * 100_000)} = 1 }}", "a key of more than 50 parts"),
        ("epochs = 2", f"[{'.'.join('a' * 100_000)}]\nx = 1", "a key of more than 50 parts"),
        ("epochs = 2", "epochs = 2\0", "not valid TOML"),
        ('name = "tiny"', f"#{'x' * 2**20}\nname = 'tiny'", "more than 1,048,576"),
    ],
    ids=["digits", "arrays", "tables", "dotted", "inline", "header", "nul", "huge"],
)
def test_text_beyond_the_limits_is_one_line(
    tmp_path: Path, tiny_suite: Path, old: str, new: str, said: str
) -> None:
    path = written(tmp_path, tiny_suite, old, new)
    with pytest.raises(InputError, match=said) as caught:
        read_suite(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=said):
        read_baseline(path)


def test_tables_deeper_than_the_limit_are_refused_however_they_are_written(
    tmp_path: Path, tiny_suite: Path
) -> None:
    half = ".".join("a" * 30)
    path = written(tmp_path, tiny_suite, "options = {", f"options = {{ {half} = {{ {half} = 1 }},")
    with pytest.raises(InputError, match="more than 50 deep"):
        read_suite(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "[fidelities.only]",
            "".join(f"[fidelities.f{i}]\nextends='f{i + 1}'\n" for i in range(2000)),
        ),
        ("[parts.transfer]", "".join(f"[parts.f{i}]\nkind='baselines'\n" for i in range(2000))),
        ('strategies = ["p0", "p1"]', f"strategies = {[f'p{i}' for i in range(50_000)]}\n#"),
    ],
    ids=["fidelities", "parts", "strategies"],
)
def test_very_many_entries_are_refused(
    tmp_path: Path, tiny_suite: Path, old: str, new: str
) -> None:
    with pytest.raises(InputError):
        read_suite(written(tmp_path, tiny_suite, old, f"{new}{old if new[-1] != '#' else ''}"))


def test_too_many_units_are_counted_before_any_is_made(tmp_path: Path, tiny_suite: Path) -> None:
    path = written(
        tmp_path,
        tiny_suite,
        "replicates = 2\npopulation = { size = 4",
        "replicates = 200\npopulation = { size = 15000",
    )
    with pytest.raises(
        InputError, match=r"fidelities\.only: the suite has 6,\d+,\d+ units"
    ) as caught:
        read_suite(path)
    assert "1,000,000 at most" in str(caught.value)


def test_too_many_draws_are_refused(tmp_path: Path, tiny_suite: Path) -> None:
    path = written(tmp_path, tiny_suite, "replicates = 2", "replicates = 150\nretrainings = 150")
    with pytest.raises(InputError, match="22,500 draws of images; 1,000 at most"):
        read_suite(path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"replicates": 10**9}, "1000000000 replicates; give 1 to 200"),
        ({"first_replicate": 10**30}, "first replicate .*; give 0 to 1,000,000,000"),
        ({"replicates": -1}, "give 1 to 200"),
    ],
)
def test_a_request_beyond_the_limits_is_refused_before_anything_is_drawn(
    tiny_suite: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, int], said: str
) -> None:
    monkeypatch.setattr(images, "load_dataset", None)
    request = SuiteRequest(
        read_suite(tiny_suite), "only", DataLocations.from_options(offline=True), **options
    )
    with pytest.raises(InputError, match=said):
        resolve_suite(request)


@pytest.mark.parametrize("name", sorted(suite_files()))
def test_what_ships_is_far_below_the_limits(name: str) -> None:
    suite = read_suite(suite_files()[name])
    for fidelity, settings in suite.fidelities.items():
        assert unit_count(suite.at(fidelity), settings, settings.replicates) < MOST_UNITS / 5


def test_units_are_counted_as_they_are_planned(expansion: Expansion) -> None:
    resolved, plan = expansion.resolved, expansion.plan()
    counted = unit_count(resolved.suite, resolved.settings, resolved.replicates)
    # Two strategies share the supernet of each replicate; that is counted for both.
    assert counted == len(plan.units) + len(plan.retrainings) + resolved.replicates
