"""The registries of datasets, profiles and samplers; listing them imports nothing."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry, built_in

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
        "digits": built_in(
            "imbnas.data.digits:load",
            "scikit-learn's 8x8 grey digits, 10 classes, embedded (UCI, Alpaydin & Kaynak 1998)",
        ),
        "fashion-mnist": built_in(
            "imbnas.data.published:FASHION_MNIST.load",
            "Zalando's 28x28 grey images, 10 classes of clothes (Xiao et al. 2017)",
        ),
        "cifar10": built_in(
            "imbnas.data.published:CIFAR10.load",
            "32x32 colour images, 10 classes (Krizhevsky 2009)",
        ),
        "cifar100": built_in(
            "imbnas.data.published:CIFAR100.load",
            "32x32 colour images, 100 classes (Krizhevsky 2009)",
        ),
        "svhn": built_in(
            "imbnas.data.published:SVHN.load",
            "32x32 colour house numbers, 10 classes, uneven test split (Netzer et al. 2011)",
        ),
        "imagenet-lt": built_in(
            "imbnas.data.file_lists:IMAGENET_LT.load",
            "115,846 images of 1,000 classes, 1280 to 5 per class (Liu et al. 2019)",
        ),
        "places-lt": built_in(
            "imbnas.data.file_lists:PLACES_LT.load",
            "62,500 images of 365 classes, 4980 to 5 per class (Liu et al. 2019)",
        ),
        "inat18": built_in(
            "imbnas.data.file_lists:INAT18.load",
            "437,513 images of 8,142 species, 1000 to 2 per class (Van Horn et al. 2018)",
        ),
    },
    entry_points="imbnas.datasets",
)

PROFILES: Registry["Callable[[Sequence[int], float], Counts]"] = Registry(
    "profile",
    {
        "exp": built_in(
            "imbnas.data.profiles:exponential",
            "exponential decay over the class rank (Cui et al. 2019; Cao et al. 2019)",
        ),
        "step": built_in(
            "imbnas.data.profiles:step",
            "first half of the classes full, second half n_max/ratio (Buda et al. 2018)",
        ),
        "pareto": built_in(
            "imbnas.data.profiles:pareto",
            "quantiles of a Pareto distribution with power 6, as ImageNet-LT (Liu et al. 2019)",
        ),
        "natural": built_in("imbnas.data.profiles:natural", "the training split as its files are"),
    },
    entry_points="imbnas.profiles",
)

SAMPLERS: Registry["Callable[[Counts, float], Probabilities | None]"] = Registry(
    "sampler",
    {
        "instance": built_in("imbnas.data.samplers:instance", "every image once in a pass"),
        "balanced": built_in(
            "imbnas.data.samplers:balanced",
            "every class equally often (Shen et al. 2016; Kang et al. 2020)",
        ),
        "sqrt": built_in(
            "imbnas.data.samplers:square_root",
            "classes by the square root of their counts (Mahajan et al. 2018; Kang et al. 2020)",
        ),
        "progressive": built_in(
            "imbnas.data.samplers:progressive",
            "from instance to balanced over the training (Kang et al. 2020)",
        ),
        "effective-number": built_in(
            "imbnas.data.samplers:effective_number",
            "images weighted by the effective number of their class, beta 0.9999 (Cui et al. 2019)",
        ),
    },
    entry_points="imbnas.samplers",
)
