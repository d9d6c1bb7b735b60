"""Does the work of a unit of any kind."""

from imbnas.execution.outcome import Outcome
from imbnas.execution.rank import rank
from imbnas.execution.sources import DataSource
from imbnas.execution.store import Store
from imbnas.execution.supernets import SupernetExecution
from imbnas.execution.train import train
from imbnas.training.checkpoints import Checkpoints
from imbnas.units.unit import AdaptUnit, RankUnit, SearchUnit, SupernetUnit, TrainUnit, Unit


def do_unit(unit: Unit, data: DataSource, store: Store, checkpoints: Checkpoints) -> Outcome:
    """Do a unit that is not stacked."""
    supernets = SupernetExecution(data, store, checkpoints)
    match unit:
        case TrainUnit():
            return train(unit, data, checkpoints)
        case SupernetUnit():
            return supernets.supernet(unit)
        case AdaptUnit():
            return supernets.adapt(unit)
        case SearchUnit():
            return supernets.search(unit)
        case RankUnit():
            return rank(unit, data, checkpoints)
