"""The environment of processes that others start on our behalf."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def environment_of_children(added: Mapping[str, str]) -> Iterator[None]:
    """Start processes within the block with more in their environment.

    Libraries read it when they are loaded, which is before a new process could set it itself.
    """
    held = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in held.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
