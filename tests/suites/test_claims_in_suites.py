"""Claims as a suite file states them: what is refused, and what they leave as it was."""

import re
from pathlib import Path
from typing import get_args

import pytest

from imbnas.errors import InputError, RefusedDirectoryError
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.claims import ClaimKind, DifferenceClaim
from imbnas.suites.expand import Expansion
from imbnas.suites.files import suite_files
from imbnas.suites.load import read_suite
from imbnas.suites.schema import SuiteFile
from imbnas.units.frozen import canonical_json, content_sha256

from .. import factories
from ..factories import varied

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "suites.md"
CLAIMS = """
[claims.transfer]
kind = "rankings-change"
source = "a paper, figure 1"
statement = "rankings do not transfer"
part = "transfer"
pairs = [{ x = { condition = "digits@1x" }, y = { condition = "digits@10x", scheme = "cb-drw" } }]

[claims.p1]
kind = "not-worse"
source = "a paper, table 3"
statement = "p1 is at least p0"
part = "adaptation"
strategies = ["p1"]
against = "p0"
margin = 1.0
"""


@pytest.fixture
def with_claims(tmp_path: Path, tiny_suite: Path) -> Path:
    path = tmp_path / "s.toml"
    path.write_text(tiny_suite.read_text() + CLAIMS)
    return path


def test_claims_are_read(with_claims: Path) -> None:
    claims = read_suite(with_claims).claims
    assert list(claims) == ["transfer", "p1"]
    found = claims["p1"]
    assert isinstance(found, DifferenceClaim)
    assert (found.labels, found.reference, found.metric) == (("p1",), "p0", "accuracy")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'against = "p0"',
            'against = "p00"',
            r"claims\.p1\.against: part 'adaptation' has no strategy 'p00'; did you mean 'p0'",
        ),
        (
            'strategies = ["p1"]',
            'strategies = [{ name = "p1", options = { x = 1 } }]',
            r"claims\.p1\.strategies\.0: part 'adaptation' has no strategy 'p1\(x=1\)'",
        ),
        (
            'part = "adaptation"',
            'part = "adoptation"',
            r"claims\.p1\.part: the suite has no part 'adoptation'; did you mean 'adaptation'",
        ),
        (
            'part = "adaptation"',
            'part = "transfer"',
            r"claims\.p1\.part: 'transfer' is of kind 'transfer', .* one of kind 'adaptation'",
        ),
        (
            'part = "transfer"',
            'part = "baselines"',
            r"claims\.transfer\.part: 'baselines' is of kind 'baselines'",
        ),
        (
            'x = { condition = "digits@1x" }',
            'x = { condition = "digits@2x" }',
            r"claims\.transfer\.pairs\.0: x: part 'transfer' does not train on digits@2x",
        ),
        (
            "margin = 1.0",
            'margin = 1.0\nroutes = ["digits@1x -> digits@20x"]',
            r"claims\.p1\.routes\.0: .*did you mean 'digits@1x -> digits@10x'",
        ),
        ("margin = 1.0", "margin = 0.0", r"claims\.p1: .*'not-worse' needs a margin above 0"),
        ("margin = 1.0", "at_most = 1", r"claims\.p1\.at_most: unknown key; known: against, kind"),
        ("margin = 1.0", "margn = 1.0", r"claims\.p1\.margn: unknown key; did you mean 'margin'"),
        ('against = "p0"', 'against = "p1"', r"claims\.p1: p1 is compared with itself"),
        ('against = "p0"', 'against = { nam = "p0" }', r"against\.nam: unknown key; .*'name'"),
        ('strategies = ["p1"]', "strategies = []", r"claims\.p1\.strategies: .*at least 1"),
        ('kind = "not-worse"\n', "", r"claims\.p1: kind is missing; give one of rankings-change"),
        ('kind = "not-worse"', 'kind = "worse"', r"claims\.p1: .*'worse'.*'not-worse'"),
        ("[claims.p1]", '[claims."p 1"]', r"claims\.p 1"),
    ],
)
def test_a_wrong_claim_is_refused_in_one_line(
    with_claims: Path, old: str, new: str, said: str
) -> None:
    before, *rest = (text := with_claims.read_text()).partition(CLAIMS)
    assert old in text
    assert rest
    with_claims.write_text(before + CLAIMS.replace(old, new, 1))
    with pytest.raises(InputError, match=said) as caught:
        read_suite(with_claims)
    assert "\n" not in str(caught.value)
    assert f"{with_claims}:" in str(caught.value)


def test_a_claim_that_was_changed_after_reading_is_refused_when_resolved(
    with_claims: Path,
) -> None:
    with pytest.raises(InputError, match=r"suite 'tiny': claims\.p1\.against: .*'p9'"):
        factories.resolve(with_claims, claims={"p1": {"against": "p9"}})


def test_every_kind_is_listed_where_one_is_missing() -> None:
    schema = SuiteFile.model_json_schema()
    kinds = {
        kind
        for model in ("RankingsClaim", "DifferenceClaim", "CostClaim")
        for definition in [schema["$defs"][model]["properties"]["kind"]]
        for kind in definition.get("enum", [definition.get("const")])
    }
    assert kinds == set(get_args(ClaimKind))


def test_claims_change_no_unit_and_their_absence_no_suite(
    with_claims: Path, tiny_suite: Path
) -> None:
    plain, claiming = (factories.resolve(path) for path in (tiny_suite, with_claims))
    assert "claims" not in canonical_json(plain)
    silent = claiming.model_copy(update={"suite": claiming.suite.model_copy(update={"claims": {}})})
    assert content_sha256(silent) == content_sha256(plain) != content_sha256(claiming)
    identities = [
        [unit.identity for unit in Expansion(resolved).plan().units]
        for resolved in (plain, claiming)
    ]
    assert identities[0] == identities[1]


def test_claims_may_be_added_to_a_run(with_claims: Path, tiny_suite: Path, tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "run")
    plain, claiming = (factories.resolve(path) for path in (tiny_suite, with_claims))
    directory.store_suite(plain)
    assert directory.store_suite(claiming).suite.claims
    assert set(directory.read_suite().suite.claims) == {"transfer", "p1"}
    with pytest.raises(RefusedDirectoryError, match="suite of tiny@1/only changed"):
        directory.store_suite(varied(claiming, suite={"summary": "another"}))


@pytest.mark.skipif(not GUIDE.exists(), reason="the documentation is not beside the tests")
def test_the_documented_claims_go_with_the_suite_that_they_are_about(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (added,) = (block for block in blocks if block.startswith("[claims."))
    path = tmp_path / "mine.toml"
    path.write_text(suite_files()["lt-cifar"].read_text() + added)
    claims = read_suite(path).claims
    assert {claims[name].kind for name in ("p2-beats-p0", "size-alone")} == {
        "better", "rankings-agree",
    }  # fmt: skip
    listed = re.findall(r"^\| `([a-z-]+)` \|", GUIDE.read_text().partition("## Claims")[2], re.M)
    assert set(get_args(ClaimKind)) <= set(listed)


def test_a_fidelity_has_the_claims_of_its_parts(with_claims: Path) -> None:
    suite = read_suite(with_claims)
    fidelity = varied(suite.fidelities["only"], parts=("adaptation",))
    scoped = varied(suite, fidelities={"only": fidelity}).at("only")
    assert list(scoped.claims) == ["p1"]
