import sys
from pathlib import Path

import pytest

from imbnas.errors import InputError, UnknownNameError
from imbnas.registry import DuplicateEntryError, Registry, load_plugin
from imbnas.strategies.strategy import STRATEGIES


def make_registry() -> Registry[object]:
    return Registry("thing", {"evolution": ("json:dumps", "3", "a summary")})


def test_listing_does_not_import_the_target() -> None:
    registry: Registry[object] = Registry("thing", {"a": ("no.such.module:x", "1", "s")})
    assert [entry.name for entry in registry.entries()] == ["a"]
    with pytest.raises(ModuleNotFoundError):
        registry.get("a")


def test_a_lazy_entry_loads_its_target() -> None:
    import json

    assert make_registry().get("evolution") is json.dumps


def test_an_unknown_name_answers_with_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match="unknown thing 'evolutoin'; did you mean 'evolution'"
    ):
        make_registry().get("evolutoin")


def test_where_no_name_is_near_plugins_are_told_of_if_they_may_add_it() -> None:
    entries = {"evolution": ("json:dumps", "3", "a summary")}
    registry: Registry[object] = Registry("thing", entries, entry_points="imbnas.nothing-here")
    with pytest.raises(UnknownNameError) as told:
        registry.get("mine")
    assert str(told.value) == (
        "unknown thing 'mine'; known: evolution; one of your own is loaded with --plugin FILE.py"
    )
    with pytest.raises(UnknownNameError, match="known: evolution$"):
        make_registry().get("mine")


def test_a_duplicate_is_an_error() -> None:
    registry = make_registry()
    with pytest.raises(DuplicateEntryError, match="already registered by imbnas"):
        registry.register("evolution", version="1", summary="another")(object)


def test_what_is_registered_for_a_time_is_forgotten() -> None:
    registry = make_registry()
    with registry.temporary():
        registry.register("mine", version="1", summary="for a time")(object)
        assert registry.names() == ("evolution", "mine")
    assert registry.names() == ("evolution",)
    with registry.temporary():
        registry.register("mine", version="2", summary="again")(object)


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "<script>", "", "a b", "-x"])
def test_names_that_could_act_in_a_table_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="starts with a letter or digit"):
        make_registry().register(name, version="1", summary="s")(object)


def test_a_plugin_file_registers_entries_with_its_origin_and_hash(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from imbnas.strategies.strategy import STRATEGIES\n"
        "@STRATEGIES.register('mine-for-a-test', version='2', summary='does nothing')\n"
        "class Mine:\n"
        "    pass\n"
    )
    with STRATEGIES.temporary():
        load_plugin(plugin)
        load_plugin(plugin)
        entry = STRATEGIES.entry("mine-for-a-test")
        digest = STRATEGIES.source_sha256("mine-for-a-test")
    assert (entry.version, entry.origin) == ("2", "mine.py")
    assert digest is not None
    assert len(digest) == 64
    assert STRATEGIES.source_sha256("p0") is None


def test_a_plugin_that_fails_names_its_file_and_reason(tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text("raise RuntimeError('no luck')\n")
    modules = set(sys.modules)
    with pytest.raises(InputError, match=r"broken\.py: RuntimeError: no luck"):
        load_plugin(plugin)
    assert set(sys.modules) == modules
    with pytest.raises(InputError, match="no such file"):
        load_plugin(tmp_path / "absent.py")
