"""What users are told of the images of a folder: counted, named, and the same at every start."""

import hashlib
import io
import shutil

import numpy as np
import pytest
from PIL import Image

from imbnas.data import load_dataset
from imbnas.data.examined import ImageFacts, Source, examine
from imbnas.errors import InputError


@pytest.fixture
def folder(tmp_path, make_folder):
    return make_folder(tmp_path / "animals")


@pytest.fixture
def load(locations):
    return lambda root: load_dataset("mine", locations(datasets=[f"mine={root}"]))


def grey_16(seed, side=8, largest=2**16 - 1):
    values = np.random.default_rng(seed).integers(0, largest + 1, (side, side), dtype=np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def only(notes, words):
    (note,) = [note for note in notes if words in note]
    return note


def test_copies_between_splits_are_counted_by_content(folder, load):
    shutil.copy(folder / "train/ant/000.png", folder / "test/ant/other.png")
    shutil.copy(folder / "train/bee/001.png", folder / "test/cow/000.png")
    notes = load(folder).notes
    assert only(notes, "are in train") == (
        "dataset mine: 2 image(s) of test are in train, too (equal pixels): "
        "'test/ant/other.png = train/ant/000.png', 'test/cow/000.png = train/bee/001.png'"
    )
    assert only(notes, "more than one class") == (
        "dataset mine: 1 image(s) lie in more than one class: 'train/bee/001.png'"
    )
    assert load(folder).notes == notes


def test_copies_that_were_saved_again_are_counted(folder, load):
    image = Image.open(folder / "train/ant/000.png")
    image.save(folder / "test/ant/again.png", compress_level=0)
    image.save(folder / "test/bee/again.bmp")
    notes = load(folder).notes
    assert "2 image(s) of test are in train, too" in only(notes, "are in train")
    assert only(notes, "repeat").endswith("'test/bee/again.bmp = test/ant/again.png'")
    assert "1 image(s) lie in more than one class" in only(notes, "more than one class")


def test_copies_within_a_split_are_counted(folder, load):
    shutil.copy(folder / "train/ant/000.png", folder / "train/ant/copy.png")
    assert load(folder).notes == (
        "dataset mine: 1 image(s) of train repeat another one of it: "
        "'train/ant/copy.png = train/ant/000.png'",
    )


def test_nothing_is_told_of_a_plain_folder(folder, load):
    assert load(folder).notes == ()


def test_a_note_bears_the_name_that_the_folder_is_given_by(folder, locations):
    shutil.copy(folder / "train/ant/000.png", folder / "train/ant/copy.png")
    for name in ("one", "two"):
        notes = load_dataset(name, locations(datasets=[f"{name}={folder}"])).notes
        assert notes[0].startswith(f"dataset {name}: 1 image(s) of train repeat")


@pytest.mark.parametrize("side", [8, 80])
def test_nearly_constant_images_are_told_by_split(tmp_path, load, make_folder, side):
    root = make_folder(tmp_path / "flat", side=side)
    for number, path in enumerate(sorted((root / "test").glob("*/*.png"))):
        pixels = np.full((side, side, 3), 10 * number, dtype=np.uint8)
        pixels[0, 0] += 15
        Image.fromarray(pixels).save(path)
    told = only(load(root).notes, "nearly constant")
    assert told.startswith("dataset mine: 9 of 9 images of test are nearly constant (pixels differ")
    assert told.count(".png") == 5


def test_twelve_bits_in_sixteen_are_seen_to_be_nearly_constant(folder, load):
    for number, path in enumerate(sorted(folder.glob("*/*/*.png"))):
        path.write_bytes(grey_16(number, largest=4095))
    notes = load(folder).notes
    assert "9 of 9 images of train are nearly constant" in only(notes, "of train are")
    assert only(notes, "more than 8 bits").startswith(
        "dataset mine: 18 image(s) have more than 8 bits, scaled to 8 by their range: "
    )


def test_images_of_16_bits_are_grey_scaled_and_another_dataset(folder, load):
    """Results of pixels that were clipped once do not count for those that are not."""
    paths = sorted((folder / "train").glob("*/*.png")) + sorted((folder / "test").glob("*/*.png"))
    for number, path in enumerate(paths):
        path.write_bytes(grey_16(number))
    dataset = load(folder)
    assert dataset.train.images.shape == (9, 8, 8, 1)
    values = np.asarray(Image.open(paths[4])).astype(float)
    assert np.array_equal(dataset.train.images[4, ..., 0], np.floor(values / 257 + 0.5))
    plain = hashlib.sha256(b'["ant","bee","cow"]')
    for path in paths:
        sha = hashlib.sha256(path.read_bytes()).hexdigest()
        plain.update(f"\n{path.relative_to(folder)}\t{sha}".encode())
    assert dataset.digest != plain.hexdigest()
    assert 0.4 < dataset.mean[0] < 0.6


def test_other_depths_beside_8_bits_share_their_scale(folder, load):
    """White is white: 65535 of 16 bits, 255 of 8 and 1 of 1."""
    white = np.full((8, 8), 2**16 - 1, dtype=np.uint16)
    Image.fromarray(white).save(folder / "train/ant/000.png")
    Image.new("L", (8, 8), 255).save(folder / "train/ant/001.png")
    Image.new("1", (8, 8), 1).save(folder / "train/ant/002.png")
    assert np.all(load(folder).train.images[:3] == 255)


def test_floating_point_is_refused_by_name(folder, load):
    values = np.random.default_rng(0).random((8, 8), dtype=np.float32)
    Image.fromarray(values).save(folder / "train/bee/001.tif")
    with pytest.raises(InputError, match=r"bee/001\.tif: floating point, which has no defined"):
        load(folder)


def test_what_is_not_taken_as_stored_is_told(folder, load):
    image = Image.open(folder / "train/ant/000.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(folder / "train/ant/000.png", exif=exif)
    image.convert("RGBA").save(folder / "train/ant/001.png")
    image.save(folder / "test/bee/anim.gif", save_all=True, append_images=[image.rotate(90)])
    notes = load(folder).notes
    assert only(notes, "EXIF").endswith("not followed: pixels count as stored: 'train/ant/000.png'")
    assert only(notes, "transparency").endswith("as they are stored: 'train/ant/001.png'")
    assert only(notes, "frames").endswith("of which the first is taken: 'test/bee/anim.gif'")


def test_many_faults_and_notes_are_bounded(tmp_path):
    sources = []
    for number in range(40):
        path = tmp_path / f"{number:02d}{'n' * 200}.png"
        path.write_bytes(b"no image")
        sources.append(Source("train", 0, path.name, (path.name,)))
    with pytest.raises(InputError, match="; and 35 more that cannot be read$") as refused:
        examine("dataset x", tmp_path, ("a",), sources)
    assert len(str(refused.value)) < 5 * (len(str(tmp_path)) + 400)
    for number, source in enumerate(sources):
        (tmp_path / source.path).write_bytes(grey_16(number % 2, largest=9))
    facts = examine("dataset x", tmp_path, ("a",), sources)
    assert max(map(len, facts.notes)) < 3000
    assert facts == ImageFacts.model_validate_json(facts.model_dump_json())


def test_notes_go_to_standard_error(folder, load, capsys):
    from imbnas.data.loading import tell_notes

    shutil.copy(folder / "train/ant/000.png", folder / "train/ant/copy.png")
    dataset = load(folder)
    tell_notes(dataset)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "".join(f"{note}\n" for note in dataset.notes)
