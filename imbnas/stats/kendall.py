"""Exact Kendall tau-b, for one sample or for thousands of bootstrap resamples at once.

A resample is a vector of counts w: architecture i was drawn w_i times. Its tau-b is

    Σ w_i w_j sgn(x_i − x_j) sgn(y_i − y_j) / √(Σ w_i w_j [x_i ≠ x_j] · Σ w_i w_j [y_i ≠ y_j])

over ordered pairs (Kendall 1945, "The treatment of ties in ranking problems"). Copies of one
architecture drop out of every sum. All sums are integers that the floats in use hold exactly, so
results do not depend on the order of summation, the BLAS library or the number of threads.

The numerator is found without visiting all n² pairs of every resample: both variables are cut
into about √n blocks of neighbouring ranks. Pairs within a block of x or of y are summed by one
small matrix product; all others are ordered by their blocks alone, from a two-dimensional
histogram of counts and its cumulative sums. That is O(n √n) for each resample. Resamples are
worked on in parts of (architectures, resamples) that fit into a processor's cache.
"""

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.stats.arrays import Floats, Ints, Reals, as_vector, complete_rows, optional, same_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MIN_BLOCK = 128
PART_CELLS = 2**20
# Threads cost more than they save on less work than this many counts.
PARALLEL_CELLS = 2**21


def tau_b(x: ArrayLike, y: ArrayLike) -> float | None:
    """Kendall's tau-b of two variables, in [-1, 1].

    Args:
        x: shape (A,); NaN marks a missing value.
        y: shape (A,).

    Returns:
        tau-b over the rows without NaN; ``None`` when fewer than two are left or one variable is
        constant there.

    Raises:
        InputError: the shapes do not fit.
    """
    first, second = as_vector(x, "x"), as_vector(y, "y")
    same_rows(first, second, "x, y")
    (kept_x, kept_y), _ = complete_rows([first[:, None], second[:, None]])
    columns = [kept_x[:, 0], kept_y[:, 0]]
    return optional(tau_b_resampled(columns, [(0, 1)], ones(len(kept_x)))[0, 0])


def ones(n: int) -> NDArray[np.int16]:
    """The counts, shape (1, n), of the sample itself: every architecture once."""
    return np.ones((1, n), dtype=np.int16)


def tau_b_resampled(
    columns: Sequence[Floats], pairs: Sequence[tuple[int, int]], counts: NDArray[np.integer]
) -> Floats:
    """tau-b of several pairs of columns in each of several resamples.

    Args:
        columns: variables of shape (A,), without NaN.
        pairs: P pairs of positions in ``columns``.
        counts: shape (B, A), how often each architecture occurs in each resample.

    Returns:
        Shape (P, B), values in [-1, 1]; NaN where a variable is constant in a resample.
    """
    first, second = [columns[i] for i, _ in pairs], [columns[j] for _, j in pairs]
    repeated = [_parts(counts)] * max(len(columns), len(pairs))
    workers = (os.cpu_count() or 1) if counts.size >= PARALLEL_CELLS else 1
    with ThreadPoolExecutor(workers) as pool:
        untied = np.stack(list(pool.map(_untied_pairs, columns, repeated)))
        balances = np.stack(list(pool.map(_concordance, first, second, repeated)))
    # The root of the product, not the product of roots: it is exact where both are equal.
    scale = np.sqrt(untied[[i for i, _ in pairs]] * untied[[j for _, j in pairs]])
    taus: Floats = np.full(scale.shape, np.nan)
    np.divide(balances, scale, out=taus, where=scale > 0)
    return taus


def untied_pairs(column: Floats, counts: NDArray[np.integer]) -> Floats:
    """Number of ordered pairs with different values, for each resample.

    Args:
        column: shape (A,), without NaN.
        counts: shape (B, A).

    Returns:
        Shape (B,), integers.
    """
    return _untied_pairs(column, _parts(counts))


def _untied_pairs(column: Floats, parts: Sequence[Reals]) -> Floats:
    ranks = _dense_ranks(column)
    values = int(ranks.max(initial=-1)) + 1
    summing = _summing(ranks, values) if values < len(column) else None
    untied = []
    for counts in parts:
        groups = counts if summing is None else summing @ counts
        total = counts.sum(axis=0, dtype=np.float64)
        untied.append(total**2 - np.einsum("gb,gb->b", groups, groups, dtype=np.float64))
    return np.concatenate(untied)


def concordance(x: Floats, y: Floats, counts: NDArray[np.integer]) -> Floats:
    """Concordant minus discordant ordered pairs, for each resample, as ``untied_pairs``."""
    return _concordance(x, y, _parts(counts))


def _concordance(x: Floats, y: Floats, parts: Sequence[Reals]) -> Floats:
    if len(x) == 0:
        return np.concatenate([np.zeros(counts.shape[1]) for counts in parts])
    plan = _plan(x, y)
    return np.concatenate([_balance(plan, counts) for counts in parts])


def _parts(counts: NDArray[np.integer]) -> list[Reals]:
    """Counts as floats of shape (A, b), some resamples each."""
    dtype = _exact(counts.shape[1])
    size = max(32, PART_CELLS // max(1, counts.shape[1]))
    return [
        np.ascontiguousarray(counts[start : start + size].T, dtype=dtype)
        for start in range(0, max(1, len(counts)), size)
    ]


def _exact(largest: int) -> type[np.floating]:
    """The smallest float that holds all integers up to the largest."""
    return np.float32 if largest < 2**24 else np.float64


def _summing(groups: Ints, number: int) -> "csr_array":
    """The matrix that sums rows of (A, b) by their group, numbered from 0 to ``number`` − 1."""
    from scipy.sparse import csr_array

    n = len(groups)
    entries = np.ones(n, dtype=np.float32)
    return csr_array((entries, (groups, np.arange(n))), shape=(number, n))


@dataclass(frozen=True)
class _Dense:
    """Pairs inside blocks: rows gathered by ``order``, one sign matrix for each slice of them."""

    order: Ints
    blocks: tuple[tuple[slice, Reals], ...]


@dataclass(frozen=True)
class _Plan:
    """What the resamples of one pair of variables share.

    Attributes:
        dense: the pairs inside blocks of x, and those inside blocks of y but not of x.
        cells: sums rows by (block of x, block of y), block of x slowest.
        grid: numbers of blocks of x and of y.
    """

    dense: tuple[_Dense, ...]
    cells: "csr_array"
    grid: tuple[int, int]


def _plan(x: Floats, y: Floats) -> _Plan:
    rank_x, rank_y = _dense_ranks(x), _dense_ranks(y)
    block_x, block_y = _blocks(rank_x), _blocks(rank_y)
    grid = int(block_x.max()) + 1, int(block_y.max()) + 1
    cells = _summing(block_x * grid[1] + block_y, grid[0] * grid[1])
    within_x = _dense(rank_x, rank_y, block_x, done=None)
    if grid[0] == 1:
        return _Plan((within_x,), cells, grid)
    within_y = _dense(rank_x, rank_y, block_y, done=block_x)
    return _Plan((within_x, within_y), cells, grid)


def _dense_ranks(values: Floats) -> Ints:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _blocks(rank: Ints) -> Ints:
    """Number the blocks of neighbouring ranks; equal ranks are never parted."""
    size = max(MIN_BLOCK, math.isqrt(len(rank)))
    block_of_rank = np.empty(int(rank.max()) + 1, dtype=np.int64)
    block = filled = 0
    for value, members in enumerate(np.bincount(rank)):
        if filled and filled + members > size:
            block, filled = block + 1, 0
        block_of_rank[value] = block
        filled += members
    return block_of_rank[rank]


def _dense(rank_x: Ints, rank_y: Ints, block: Ints, done: Ints | None) -> _Dense:
    """Sign matrices of the pairs in one block, without pairs that share a value of ``done``."""
    order = np.argsort(block, kind="stable")
    edges = np.flatnonzero(np.r_[True, np.diff(block[order]) > 0, True])
    blocks = []
    for start, stop in pairwise(edges.tolist()):
        rows = order[start:stop]
        signs = _signs(rank_x[rows])
        signs *= _signs(rank_y[rows])
        if done is not None:
            signs *= done[rows, None] != done[rows]
        if signs.any():
            blocks.append((slice(start, stop), signs))
    return _Dense(order, tuple(blocks))


def _signs(rank: Ints) -> Reals:
    # Floats are compared faster than integers.
    ranks = rank.astype(_exact(int(rank.max())))
    signs: Reals = np.sign(ranks[:, None] - ranks)
    return signs


def _balance(plan: _Plan, counts: Reals) -> Floats:
    """Sum over ordered pairs; ``counts`` has shape (A, B)."""
    total = np.zeros(counts.shape[1])
    for dense in plan.dense:
        gathered = counts.take(dense.order, axis=0)
        for rows, signs in dense.blocks:
            members = gathered[rows]
            total += np.einsum("ib,ib->b", members, signs @ members, dtype=np.float64)
    if min(plan.grid) > 1:
        total += 2.0 * _between_blocks(plan, counts)
    return total


def _between_blocks(plan: _Plan, counts: Reals) -> Floats:
    """Sum over unordered pairs that differ in both blocks."""
    histogram = (plan.cells @ counts).reshape(*plan.grid, -1)
    signs = _signs(np.arange(plan.grid[1]))
    # For each block of x but the first: architectures in earlier ones, by block of y.
    earlier = np.zeros_like(histogram[0])
    balance = np.empty_like(histogram[1:])
    for before, into in zip(histogram[:-1], balance, strict=True):
        earlier += before
        np.matmul(signs, earlier, out=into)
    total: Floats = np.einsum("abk,abk->k", histogram[1:], balance, dtype=np.float64)
    return total
