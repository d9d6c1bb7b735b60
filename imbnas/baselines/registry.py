"""The baselines by name: shipped TOML files, a user's TOML file, or any timm model ad hoc."""

from pathlib import Path

from pydantic import ValidationError

from imbnas.baselines.spec import BaselineSpec, first_problem
from imbnas.errors import InputError, UnknownNameError
from imbnas.registry import Registry
from imbnas.resources import resource_files
from imbnas.toml_files import read_toml

AD_HOC_VERSION = "1"


def read_baseline(path: Path) -> BaselineSpec:
    """Read a baseline's TOML file; the file's stem is the baseline's name.

    Raises:
        InputError: names the file, the key and the remedy.
    """
    _, content = read_toml(path, f"baseline {path}")
    if "name" in content:
        raise InputError(f"{path}: name: the file's name is the baseline's name; remove the key")
    try:
        return BaselineSpec.model_validate({"name": path.stem, **content})
    except ValidationError as error:
        raise InputError(f"{path}: {first_problem(error)}") from None


def _shipped() -> Registry[BaselineSpec]:
    specs = [read_baseline(path) for path in resource_files("baselines")]
    return Registry("baseline", {spec.name: (spec, spec.version, spec.summary) for spec in specs})


BASELINES: Registry[BaselineSpec] = _shipped()


def load_baseline(name: str) -> BaselineSpec:
    """Find a baseline.

    Args:
        name: a shipped baseline's name, the path of a TOML file (ending in ``.toml``), or the
            name of any timm model, which is then fitted by the default rules.

    Raises:
        InputError: the TOML file cannot be used.
        UnknownNameError: neither a shipped baseline nor a timm model; offers the nearest names.
    """
    if name in BASELINES:
        return BASELINES.get(name)
    if name.endswith(".toml"):
        return read_baseline(Path(name))
    return _ad_hoc(name)


def _ad_hoc(name: str) -> BaselineSpec:
    from imbnas.baselines.timm_models import ad_hoc_fitting, is_timm_model, timm_names

    if not is_timm_model(name):
        raise UnknownNameError("baseline", name, {*BASELINES.names(), *timm_names()})
    return BaselineSpec(
        name=name,
        version=AD_HOC_VERSION,
        summary=f"timm's {name}, fitted by the default rules",
        model=name,
        fitting=ad_hoc_fitting(name),
    )
