"""Whatever bytes an image file holds: pixels, or one line."""

import io
import warnings

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from imbnas.data import decoding
from imbnas.data.decoding import FORMATS, look_at, open_image, square_thumbnail, to_array
from imbnas.errors import InputError

EPS = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 8 8
%%EndComments
(/tmp/imbnas-was-here) (w) file closefile
showpage
%%EOF
"""


def encoded(kind, **options):
    image = Image.fromarray(
        np.random.default_rng(3).integers(0, 256, (12, 12, 3), dtype=np.uint8), "RGB"
    )
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def look(path):
    with path.open("rb") as file:
        return look_at(path, file, 64)


@pytest.mark.parametrize("name", ["image.png", "image.eps", "image.jpg"])
def test_a_format_that_is_not_named_is_no_image(name, tmp_path, monkeypatch):
    def started(*_, **__):
        raise AssertionError("Ghostscript was started")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    Image.init()
    (tmp_path / name).write_bytes(EPS)
    for read in (open_image, look, lambda path: square_thumbnail(path, 4)):
        with pytest.raises(InputError, match="not an image; remove or replace it"):
            read(tmp_path / name)


@pytest.mark.parametrize("kind", ["ICO", "TGA", "PCX", "PDF", "SGI", "JPEG2000", "DDS"])
def test_other_formats_of_pillow_are_no_images(kind, tmp_path):
    (tmp_path / "image.png").write_bytes(encoded(kind))
    with pytest.raises(InputError, match="not an image"):
        open_image(tmp_path / "image.png")


@pytest.mark.parametrize("kind", FORMATS)
def test_the_named_formats_are_read_whatever_their_suffix(kind, tmp_path):
    (tmp_path / "image.bin").write_bytes(encoded(kind))
    expected = np.asarray(Image.open(tmp_path / "image.bin").convert("RGB"))
    found = to_array(open_image(tmp_path / "image.bin"), 3).transpose(1, 2, 0)
    assert np.array_equal(found, expected)
    assert look(tmp_path / "image.bin").shape[1:] == (12, 12)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_of_several_frames_the_first_is_taken(kind, tmp_path):
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    path = tmp_path / "image"
    frames[0].save(path, kind, save_all=True, append_images=frames[1:], **options)
    assert to_array(open_image(path), 3)[:, 0, 0].tolist() == [255, 0, 0]
    assert square_thumbnail(path, 3)[:, 1, 1].tolist() == [255, 0, 0]


@pytest.mark.parametrize("pixels", [1.5, 3])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_images_of_very_many_pixels_are_one_line(kind, pixels, tmp_path, monkeypatch):
    path = tmp_path / "image.png"
    path.write_bytes(encoded(kind))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", round(144 / pixels))
    for read in (open_image, look):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(InputError, match=r"more than \d+ pixels; make it smaller"):
                read(path)


def test_a_warning_of_many_pixels_is_the_same_line(tmp_path, monkeypatch):
    path = tmp_path / "image.png"
    path.write_bytes(encoded("PNG"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with pytest.raises(InputError, match="more than 100 pixels"):
            open_image(path)


def test_what_is_no_regular_file_is_one_line(tmp_path):
    import os

    os.mkfifo(tmp_path / "fifo.png")
    (tmp_path / "null.png").symlink_to("/dev/zero")
    (tmp_path / "folder.png").mkdir()
    for name, what in (("fifo", "a FIFO"), ("null", "a device"), ("folder", "a folder")):
        with pytest.raises(InputError, match=f"{name}.png: it is {what}"):
            open_image(tmp_path / f"{name}.png")


def damaged(content, rng):
    """Flipped bits, overwritten runs, or a cut."""
    spoilt = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(len(spoilt)))
        how = rng.integers(4)
        if how == 0:
            spoilt[at] ^= 1 << int(rng.integers(8))
        elif how == 1:
            spoilt[at : at + 4] = b"\xff" * len(spoilt[at : at + 4])
        elif how == 2:
            # Heads are where sizes and offsets are.
            spoilt[min(at, at % 64)] = int(rng.integers(256))
        else:
            del spoilt[max(at, 1) :]
    return bytes(spoilt)


def read_damaged(kind, count, tmp_path):
    rng, whole, path = np.random.default_rng(11), encoded(kind), tmp_path / "image"
    refused = []
    for _ in range(count):
        path.write_bytes(damaged(whole, rng))
        try:
            assert to_array(open_image(path), 3).dtype == np.uint8
            look(path)
        except InputError as error:
            refused.append(str(error))
    return refused


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    "count", [100, pytest.param(1_500, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_damaged_images_are_one_line_or_pixels(kind, count, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2**20)
    refused = read_damaged(kind, count, tmp_path)
    assert refused
    assert all(line.startswith(f"image {tmp_path / 'image'}: ") for line in refused)
    assert not any("\n" in line for line in refused)


def test_nothing_else_opens_images():
    from pathlib import Path

    folder = Path(decoding.__file__).parents[1]
    using = [path.name for path in folder.rglob("*.py") if "from PIL" in path.read_text()]
    assert using == ["decoding.py"]
