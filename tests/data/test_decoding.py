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


def saved(tmp_path, image, kind="PNG", **options):
    path = tmp_path / "image"
    image.save(path, kind, **options)
    return path


def grey_16(side=16):
    """Values over the whole range of 16 bits."""
    values = np.random.default_rng(4).integers(0, 2**16, (side, side), dtype=np.uint16)
    values[0, :3] = (0, 257, 2**16 - 1)
    return values


def raw_tiff(samples, *, order="<", bits=16, photometric=1, sample_format=1):
    """A TIFF of one strip, written by hand."""
    import struct

    height, width = samples.shape
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, photometric),
        (273, 4, 0), (277, 3, 1), (278, 4, height), (279, 4, samples.nbytes),
        (339, 3, sample_format),
    ]  # fmt: skip
    start = 8 + 2 + 12 * len(tags) + 4
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    body = struct.pack(f"{order}H", len(tags))
    for tag, kind, value in tags:
        value = start if tag == 273 else value
        shown = (
            struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}I", value)
        )
        body += struct.pack(f"{order}HHI", tag, kind, 1) + shown
    return head + body + b"\0" * 4 + samples.tobytes()


def written_16(tmp_path, kind):
    values = grey_16()
    if kind == "PGM":
        path = tmp_path / "image"
        path.write_bytes(b"P5 16 16 65535\n" + values.astype(">u2").tobytes())
        return values, path
    if kind == "plain PGM":
        path = tmp_path / "image"
        path.write_text("P2 16 16 65535\n" + " ".join(map(str, values.ravel())))
        return values, path
    if kind.startswith("TIFF "):
        order = {"little": "<", "big": ">"}[kind.removeprefix("TIFF ")]
        path = tmp_path / "image"
        path.write_bytes(raw_tiff(values.astype(f"{order}u2"), order=order))
        return values, path
    return values, saved(tmp_path, Image.fromarray(values), kind)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "TIFF little", "TIFF big", "PGM", "plain PGM"])
def test_grey_of_16_bits_is_scaled_by_its_range(kind, tmp_path):
    values, path = written_16(tmp_path, kind)
    expected = np.floor(values / 65535 * 255 + 0.5)
    assert np.array_equal(to_array(open_image(path), 1)[0], expected)
    assert np.array_equal(to_array(open_image(path), 3), np.stack([expected] * 3))
    assert look(path)[:2] == ((1, 16, 16), ("16 bits",))
    assert look(path).spread == 255
    # The largest central square, and no averaging.
    assert np.array_equal(square_thumbnail(path, 16)[0], expected)


@pytest.mark.parametrize(("largest", "dtype"), [(4095, ">u2"), (1000, ">u2"), (300, ">u2")])
def test_other_ranges_are_those_that_the_head_names(largest, dtype, tmp_path):
    values = np.random.default_rng(5).integers(0, largest + 1, (8, 8))
    path = tmp_path / "image"
    path.write_bytes(f"P5 8 8 {largest}\n".encode() + values.astype(dtype).tobytes())
    found = to_array(open_image(path), 1)[0]
    assert np.abs(found - values * 255 / largest).max() <= 0.51


def test_twelve_bits_of_a_tiff_are_scaled_by_their_own_range(tmp_path):
    values = np.random.default_rng(5).integers(0, 4096, (8, 8))
    pairs = values.reshape(-1, 2)
    packed = np.stack(
        [pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], 1
    ).astype(np.uint8)
    path = tmp_path / "image"
    tiff = raw_tiff(values.astype("<u2"), bits=12)
    path.write_bytes(tiff[: -2 * values.size] + packed.tobytes())
    expected = np.floor(values / 4095 * 255 + 0.5)
    assert np.array_equal(to_array(open_image(path), 1)[0], expected)


def test_white_may_be_zero(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(raw_tiff(grey_16(), photometric=0))
    expected = np.floor((65535 - grey_16().astype(float)) / 65535 * 255 + 0.5)
    assert np.array_equal(to_array(open_image(path), 1)[0], expected)


def test_colour_of_16_bits_is_scaled_too(tmp_path):
    values = np.random.default_rng(4).integers(0, 2**16, (6, 6, 3), dtype=np.uint16)
    path = tmp_path / "image"
    path.write_bytes(b"P6 6 6 65535\n" + values.astype(">u2").tobytes())
    found = to_array(open_image(path), 3).transpose(1, 2, 0)
    assert np.abs(found - values / 65535 * 255).max() <= 1


@pytest.mark.parametrize(
    ("dtype", "bits", "sample_format", "told"),
    [
        ("<f4", 32, 3, "floating point, which has no defined range"),
        ("<i4", 32, 2, "32 bits.*no defined range"),
        ("<u4", 32, 1, "32 bits.*no defined range"),
        ("<i2", 16, 2, "with a sign.*no defined range"),
        ("<i1", 8, 2, "with a sign.*no defined range"),
        ("<f8", 64, 3, "a TIFF file of a kind that is not read.*"),
        ("<f2", 16, 3, "a TIFF file of a kind that is not read.*"),
    ],
)
def test_values_without_a_defined_range_are_refused_by_name(
    dtype, bits, sample_format, told, tmp_path
):
    path = tmp_path / "image"
    samples = np.linspace(0, 1, 64).reshape(8, 8).astype(dtype)
    path.write_bytes(raw_tiff(samples, bits=bits, sample_format=sample_format))
    for read in (open_image, look, lambda path: square_thumbnail(path, 4)):
        with pytest.raises(InputError, match=f"image {path}: .*{told}; convert it"):
            read(path)


def test_a_float_map_is_refused_by_name(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(b"Pf 4 4 -1.0\n" + np.zeros((4, 4), "<f4").tobytes())
    with pytest.raises(InputError, match="floating point, which has no defined range"):
        open_image(path)


def palette_image():
    image = Image.fromarray(np.random.default_rng(6).integers(0, 4, (8, 8), dtype=np.uint8), "P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 9, 8, 7])
    return image


PALETTE = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [9, 8, 7]])


@pytest.mark.parametrize(
    ("kind", "transparency"), [("PNG", b"\x00\x80\xff\x40"), ("PNG", 2), ("GIF", 1), ("GIF", None)]
)
def test_palettes_give_their_colours_whatever_is_transparent(kind, transparency, tmp_path):
    options = {} if transparency is None else {"transparency": transparency}
    image = palette_image()
    path = saved(tmp_path, image, kind, **options)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = to_array(open_image(path), 3).transpose(1, 2, 0)
    assert not told
    assert np.array_equal(found, PALETTE[np.asarray(image)])
    assert look(path).traits == (() if transparency is None else ("transparency",))


def test_warnings_as_errors_change_nothing(tmp_path):
    """Pillow's own, of a palette and of an odd head, in a process that takes them for errors."""
    import subprocess
    import sys

    saved(tmp_path, palette_image(), "PNG", transparency=b"\x00\x80\xff\x40")
    tags = bytearray(raw_tiff(np.zeros((4, 4), np.uint16)))
    tags[10 + 9 * 12 + 4 :][:4] = b"\x09\0\0\0"
    (tmp_path / "odd").write_bytes(tags)
    code = (
        "import sys; from pathlib import Path; from imbnas.data.decoding import open_image\n"
        "for name in sys.argv[1:]: print(open_image(Path(name)).mode)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, tmp_path / "image", tmp_path / "odd"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr) == (["RGB", "L"], "")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_colours_count_as_they_are_stored_under_any_transparency(mode, tmp_path):
    rng = np.random.default_rng(7)
    if mode == "PA":
        path = saved(tmp_path, palette_image().convert("RGBA"), "TIFF")
    else:
        bands = rng.integers(0, 256, (8, 8, len(mode)), dtype=np.uint8)
        path = saved(tmp_path, Image.fromarray(bands, mode))
        expected = bands[..., :3] if mode == "RGBA" else np.repeat(bands[..., :1], 3, 2)
        assert np.array_equal(to_array(open_image(path), 3).transpose(1, 2, 0), expected)
    assert look(path).traits == ("transparency",)
    assert look(path).shape == (3, 8, 8)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_read_as_colour(kind, tmp_path):
    path = saved(tmp_path, Image.new("CMYK", (8, 8), (0, 255, 255, 0)), kind)
    assert to_array(open_image(path), 3)[:, 4, 4].tolist() == [255, 0, 0]


@pytest.mark.parametrize("head", [b"P6 6 6 65535\n", b"P6 6 6 1023\n"])
def test_colour_of_more_than_8_bits_is_told(head, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(head + np.full((6, 6, 3), 700, ">u2").tobytes())
    assert look(path).traits == ("16 bits in colour",)
    path.write_bytes(b"P6 6 6 255\n" + np.full((6, 6, 3), 70, np.uint8).tobytes())
    assert look(path).traits == ()


def deep_png(colour_type, channels):
    """A PNG of 16 bits a channel, written by hand."""
    import struct
    import zlib

    def chunk(kind, content):
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    head = struct.pack(">IIBBBBB", 4, 4, 16, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(range(8 * channels)) for _ in range(4))
    chunks = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_deep_colour_and_grey_with_transparency_of_png_are_told(colour_type, channels, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(deep_png(colour_type, channels))
    assert "16 bits in colour" in look(path).traits


def test_equal_pixels_are_seen_in_any_lossless_format(tmp_path, monkeypatch):
    monkeypatch.setattr("imbnas.data.decoding._STRIP", 20)
    grey = Image.fromarray(np.random.default_rng(9).integers(0, 256, (9, 7), dtype=np.uint8))
    found = set()
    for kind in ("PNG", "BMP", "TIFF", "PPM", "GIF"):
        for image in (grey, grey.convert("RGB")) if kind != "GIF" else (grey,):
            found.add(look(saved(tmp_path, image, kind)).pixels)
    assert len(found) == 1
    assert look(saved(tmp_path, grey.transpose(Image.Transpose.ROTATE_90))).pixels not in found
    grey.putpixel((6, 8), grey.getpixel((6, 8)) ^ 1)
    assert look(saved(tmp_path, grey)).pixels not in found


def test_black_and_white_is_grey(tmp_path):
    bits = np.random.default_rng(8).integers(0, 2, (8, 8), dtype=np.uint8)
    path = saved(tmp_path, Image.fromarray(bits * 255).convert("1"))
    assert np.array_equal(to_array(open_image(path), 1)[0], bits * 255)
    assert look(path)[:3] == ((1, 8, 8), (), 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_an_orientation_is_told_and_not_followed(kind, orientation, tmp_path):
    image = Image.new("RGB", (24, 16), "black")
    image.paste("white", (0, 0, 12, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"save_all": True, "append_images": [image]} if kind == "MPO" else {}
    path = saved(tmp_path, image, kind, exif=exif, **options)
    found = to_array(open_image(path), 3)
    assert found.shape == (3, 16, 24)
    assert found[0, 8, 2] > 200 > 50 > found[0, 8, 21]
    assert ("orientation" in look(path).traits) == (orientation != 1)
    assert ("several frames" in look(path).traits) == (kind == "MPO")


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_several_frames_are_told(kind, tmp_path):
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("red", "blue")]
    path = tmp_path / "image"
    frames[0].save(path, kind, save_all=True, append_images=frames[1:])
    assert look(path).traits == ("several frames",)
    frames[0].save(path, kind)
    assert look(path).traits == ()


@pytest.mark.parametrize(("low", "high"), [(7, 7), (100, 107), (0, 255)])
def test_the_spread_is_that_of_one_channel(low, high, tmp_path):
    pixels = np.full((9, 9, 3), (3, 90, 200), dtype=np.uint8)
    pixels[2:5, 2:5, 1] = low
    pixels[5:, 5:, 1] = high
    assert look(saved(tmp_path, Image.fromarray(pixels))).spread == max(90, high) - min(90, low)


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

    texts = {path: path.read_text() for path in Path(decoding.__file__).parents[1].rglob("*.py")}
    using = {path.name for path, text in texts.items() if "from PIL" in text}
    assert using == {"decoding.py", "condition.py"}  # the latter makes images of arrays
    assert [path.name for path, text in texts.items() if "Image.open(" in text] == ["decoding.py"]
