"""P1 on features that are computed once for a few paths."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from imbnas.strategies.options import SchemeOption, ScoredOnTarget
from imbnas.strategies.published import undelayed
from imbnas.units.bounds import Networks
from imbnas.units.randomness import derive_seed

if TYPE_CHECKING:
    from imbnas.strategies.adaptation import Adaptation
    from imbnas.strategies.expected_cost import AdaptationSetting, ExpectedCost
    from imbnas.supernet.supernet import Supernet


class CachedClassifier(ScoredOnTarget):
    """The backbone stays as it is, and no image goes through it more than ``paths`` times.

    Features of all training images are computed once for each of a fixed set of paths, normalised
    by the statistics of batches as in ``p1``. The shared classifier is then trained on them for
    the recipe's epochs, each step on the features of one path. Images are not augmented or mixed.
    The cache takes 4 · paths · images · F bytes.

    Attributes:
        paths: distinct paths, drawn uniformly.
        scheme: in place of the target's.
    """

    paths: Annotated[Networks, Field(strict=True)] = 32
    scheme: SchemeOption = None

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Cache, then train the classifier."""
        from imbnas.strategies.feature_cache import cache_features, train_classifier

        supernet = adaptation.with_new_classifier()
        scheme = undelayed(adaptation.scheme).model_copy(update={"mixing": "none"})
        seed = derive_seed(adaptation.trainer.seed, "cached paths")
        drawn = adaptation.trainer.space.sample(self.paths, seed)
        cache = cache_features(supernet, drawn, adaptation.trainer, adaptation.recipe.batch_size)
        train_classifier(supernet, cache, adaptation.trainer, scheme, adaptation.recipe)
        return supernet

    def expected_cost(self, setting: "AdaptationSetting") -> "ExpectedCost":
        """One pass of all images for each path, then the classifier alone."""
        from imbnas.strategies.expected_cost import ExpectedCost
        from imbnas.training.counting import trained_images

        passed = self.paths * setting.images
        steps = trained_images(setting.recipe, setting.images)
        classifier = 3 * setting.num_features * setting.num_classes * steps
        return ExpectedCost(passed, passed * setting.path_macs + classifier)
