"""Ready-made networks (timm models and the CIFAR ResNet-32) fitted to small images.

Listing and describing baselines imports neither torch nor timm; building one does.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.baselines.networks import BaselineCounts as BaselineCounts
    from imbnas.baselines.networks import build as build
    from imbnas.baselines.networks import check as check
    from imbnas.baselines.networks import counts as counts
    from imbnas.baselines.networks import describe as describe
    from imbnas.baselines.pretrained import check_pretrained as check_pretrained
    from imbnas.baselines.pretrained import find_weights as find_weights
    from imbnas.baselines.pretrained import weights_identity as weights_identity
    from imbnas.baselines.registry import BASELINES as BASELINES
    from imbnas.baselines.registry import load_baseline as load_baseline
    from imbnas.baselines.registry import read_baseline as read_baseline
    from imbnas.baselines.spec import BaselineSpec as BaselineSpec
    from imbnas.baselines.spec import ImageShape as ImageShape
    from imbnas.baselines.spec import SmallImageFitting as SmallImageFitting

__getattr__, __dir__ = lazy_names(__name__)
