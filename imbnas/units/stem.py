"""The stem of a cell space's network: the convolution that images meet first."""

from pydantic import model_validator

from imbnas.errors import InputError
from imbnas.units.bounds import StemSide
from imbnas.units.frozen import FrozenModel


class Stem(FrozenModel):
    """A square convolution without bias, followed by a batch normalisation.

    Either an odd kernel of side k ≥ stride s, with (k − 1)/2 pixels of zero padding on each side,
    or patches that do not overlap, k = s, without padding. Both map a side of r pixels, which s
    must divide, to exactly r/s.

    Attributes:
        kernel: side of the kernel in pixels.
        stride: pixels between two kernels.
    """

    kernel: StemSide = 3
    stride: StemSide = 1

    @model_validator(mode="after")
    def _consistent(self) -> "Stem":
        if self.kernel < self.stride:
            raise ValueError(
                f"kernel {self.kernel} would skip pixels at stride {self.stride}; "
                "give a kernel of at least the stride"
            )
        if self.kernel % 2 == 0 and not self.is_patches:
            raise ValueError(
                f"kernel {self.kernel} is even and not the stride {self.stride}; "
                "give an odd kernel, or the stride for patches"
            )
        return self

    @property
    def is_patches(self) -> bool:
        """Whether kernels do not overlap and cover every pixel once."""
        return self.kernel == self.stride

    @property
    def padding(self) -> int:
        """Zeros on each side in pixels: none for patches, else (kernel − 1)/2."""
        return 0 if self.is_patches else (self.kernel - 1) // 2

    def side(self, resolution: int) -> int:
        """Side of the output in pixels.

        Args:
            resolution: side of the image in pixels.

        Raises:
            InputError: the stride does not divide it.
        """
        if resolution % self.stride:
            raise InputError(
                f"stem stride {self.stride} does not divide a resolution of {resolution} pixels; "
                "change stem.stride or resolution"
            )
        return resolution // self.stride


DEFAULT_STEM = Stem()
"""The published stem of the cell spaces: kernel 3, stride 1."""


def is_default_stem(stem: Stem) -> bool:
    """For ``Field(exclude_if=is_default_stem)``: omitted, so that older identities stay."""
    return stem == DEFAULT_STEM
