import pytest
import torch


@pytest.fixture(autouse=True)
def _seeded_torch():
    """Networks and images of a test are the same in every run, whichever tests run before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
