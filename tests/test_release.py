"""What a release, a container and forges read is there, and says one thing."""

import csv
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import imbnas

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
BOARD = ROOT / "leaderboards" / "lt-digits@3" / "mini"
LINKED = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def yaml_of(path: Path) -> dict:
    found = pytest.importorskip("yaml").safe_load(path.read_text())
    assert isinstance(found, dict)
    return found


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_there_is_one_version() -> None:
    assert PROJECT["version"] == imbnas.__version__
    assert yaml_of(ROOT / "CITATION.cff")["version"] == imbnas.__version__
    if not Path(imbnas.__file__).is_relative_to(ROOT):
        assert metadata.version("imbnas") == imbnas.__version__


def test_the_citation_says_what_is_needed() -> None:
    citation = yaml_of(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == PROJECT["license"]


def test_the_lock_holds_what_the_package_needs_with_hashes_and_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text()
    pins = dict(re.findall(r"^([\w.-]+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}", text, re.M))
    assert len(pins) == len(re.findall(r"^\w", text, re.MULTILINE))
    assert "://" not in text
    extras = PROJECT["optional-dependencies"]
    for needed in (*PROJECT["dependencies"], *extras["parquet"], *extras["slurm"]):
        name, bound = re.fullmatch(r"([\w.-]+)>=([\w.]+)", needed).groups()
        numbers = [[int(n) for n in re.findall(r"\d+", v)] for v in (pins[plain(name)], bound)]
        assert numbers[0] >= numbers[1], needed


def test_the_container_installs_the_lock_alone_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Containerfile").read_text()
    assert re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE) == ["build", "cpu", "cuda"]
    assert "--require-hashes --requirement /tmp/requirements.lock" in text
    assert text.index("USER 1000") < text.index("ENTRYPOINT")


def test_the_release_is_published_by_an_identity_and_a_tag_that_is_the_version() -> None:
    workflow = yaml_of(ROOT / ".github" / "workflows" / "release.yml")
    build, publish = (workflow["jobs"][name] for name in ("build", "publish"))
    assert workflow["permissions"] == {}
    assert publish["permissions"] == {"id-token": "write", "attestations": "write"}
    assert build["permissions"] == {"contents": "read"}
    text = "\n".join(step.get("run", "") for step in build["steps"])
    assert 'test -f "dist/imbnas-${GITHUB_REF_NAME#v}-py3-none-any.whl"' in text
    assert [step["uses"].split("@")[0] for step in publish["steps"]][-1] == (
        "pypa/gh-action-pypi-publish"
    )


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_issue_forms_can_be_filled_in(form: Path) -> None:
    content = yaml_of(form)
    if form.stem == "config":
        return
    assert {"name", "description", "body"} <= set(content)
    ids = [field["id"] for field in content["body"] if field["type"] != "markdown"]
    assert len(set(ids)) == len(ids) > 0


def test_the_docs_environment_installs_what_the_extra_names() -> None:
    text = (ROOT / "tox.ini").read_text()
    section = text[text.index("[testenv:docs]") :].split("\n[", 1)[0]
    installed = set(re.findall(r"^    ([\w-]+>=\S+)$", section, re.MULTILINE))
    extra = set(PROJECT["optional-dependencies"]["docs"])
    assert installed - extra <= set(PROJECT["dependencies"])
    assert extra <= installed


@pytest.mark.parametrize("page", LINKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^( *)```.*?^\1```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.skipif(not BOARD.is_dir(), reason="no board is beside the tests")
def test_the_roadmap_names_what_the_board_leaves_open() -> None:
    text = (ROOT / "ROADMAP.md").read_text()
    section = text[text.index("## Open statements") : text.index("## Open questions")]
    tables = {}
    for name in ("claims", "rank_correlation", "class_orders", "rankers", "strategy_differences"):
        with (BOARD / f"{name}.csv").open() as file:
            tables[name] = list(csv.DictReader(file))
    open_claims = {row["claim"] for row in tables["claims"] if row["answer"] == "cannot tell"}
    assert set(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE)) == open_claims
    assert {row["verdict"] for row in tables["rank_correlation"]} == {"inconclusive", ""}
    assert not tables["class_orders"]
    assert all(row["verdict"] == "no difference shown" for row in tables["strategy_differences"]
               if row["metric"] == "accuracy")  # fmt: skip
