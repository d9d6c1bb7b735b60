"""The registries of datasets, profiles and samplers; listing them imports nothing."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from imbnas.data.dataset import Dataset
    from imbnas.data.locations import DataLocations

    Counts = NDArray[np.int64]
    Probabilities = NDArray[np.float64]

DATASETS: Registry["Callable[[DataLocations], Dataset]"] = Registry(
    "dataset",
    {
        "digits": (
            "imbnas.data.digits:load",
            "1",
            "scikit-learn's 8x8 grey digits, 10 classes, embedded (UCI, Alpaydin & Kaynak 1998)",
        ),
        "fashion-mnist": (
            "imbnas.data.published:FASHION_MNIST.load",
            "1",
            "Zalando's 28x28 grey images, 10 classes of clothes (Xiao et al. 2017)",
        ),
        "cifar10": (
            "imbnas.data.published:CIFAR10.load",
            "1",
            "32x32 colour images, 10 classes (Krizhevsky 2009)",
        ),
        "cifar100": (
            "imbnas.data.published:CIFAR100.load",
            "1",
            "32x32 colour images, 100 classes (Krizhevsky 2009)",
        ),
        "svhn": (
            "imbnas.data.published:SVHN.load",
            "1",
            "32x32 colour house numbers, 10 classes, uneven test split (Netzer et al. 2011)",
        ),
        "imagenet-lt": (
            "imbnas.data.file_lists:IMAGENET_LT.load",
            "1",
            "115,846 images of 1,000 classes, 1280 to 5 per class (Liu et al. 2019)",
        ),
        "places-lt": (
            "imbnas.data.file_lists:PLACES_LT.load",
            "1",
            "62,500 images of 365 classes, 4980 to 5 per class (Liu et al. 2019)",
        ),
        "inat18": (
            "imbnas.data.file_lists:INAT18.load",
            "1",
            "437,513 images of 8,142 species, 1000 to 2 per class (Van Horn et al. 2018)",
        ),
    },
    entry_points="imbnas.datasets",
)

PROFILES: Registry["Callable[[Sequence[int], float], Counts]"] = Registry(
    "profile",
    {
        "exp": (
            "imbnas.data.profiles:exponential",
            "1",
            "exponential decay over the class rank (Cui et al. 2019; Cao et al. 2019)",
        ),
        "step": (
            "imbnas.data.profiles:step",
            "1",
            "first half of the classes full, second half n_max/ratio (Buda et al. 2018)",
        ),
        "pareto": (
            "imbnas.data.profiles:pareto",
            "1",
            "quantiles of a Pareto distribution with power 6, as ImageNet-LT (Liu et al. 2019)",
        ),
        "natural": ("imbnas.data.profiles:natural", "1", "the training split as its files are"),
    },
    entry_points="imbnas.profiles",
)

SAMPLERS: Registry["Callable[[Counts, float], Probabilities | None]"] = Registry(
    "sampler",
    {
        "instance": ("imbnas.data.samplers:instance", "1", "every image once in a pass"),
        "balanced": (
            "imbnas.data.samplers:balanced",
            "1",
            "every class equally often (Shen et al. 2016; Kang et al. 2020)",
        ),
        "sqrt": (
            "imbnas.data.samplers:square_root",
            "1",
            "classes by the square root of their counts (Mahajan et al. 2018; Kang et al. 2020)",
        ),
        "progressive": (
            "imbnas.data.samplers:progressive",
            "1",
            "from instance to balanced over the training (Kang et al. 2020)",
        ),
        "effective-number": (
            "imbnas.data.samplers:effective_number",
            "1",
            "images weighted by the effective number of their class, beta 0.9999 (Cui et al. 2019)",
        ),
    },
    entry_points="imbnas.samplers",
)
