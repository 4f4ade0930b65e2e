"""The reader of musicnn's checkpoint and the network: on weights written here, and on the package's own against TensorFlow."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from musicologist.core.errors import UserError
from musicologist.embedders import musicnn, musicnn_tags
from musicologist.vocabulary.aspects import ASPECTS

SHAPES = (
    {f"conv2d{end}/kernel": shape for end, shape in (("", (7, 86, 1, 204)), ("_1", (7, 38, 1, 204)))}
    | {f"conv2d_{layer}/kernel": (size, 96, 1, 51) for layer, size in ((2, 128), (3, 64), (4, 32))}
    | {"conv2d_5/kernel": (7, 561, 1, 64), "conv2d_6/kernel": (7, 64, 1, 64), "conv2d_7/kernel": (7, 64, 1, 64)}
    | {"dense/kernel": (1506, 200), "dense_1/kernel": (200, 50)}
)
NORMALISED = (1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200)


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(entries):
    """A block of a sorted table whose keys share their beginnings, uncompressed."""
    out, before = b"", b""
    for key, value in entries:
        shared = next(
            (i for i, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), min(len(key), len(before))
        )
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return out + struct.pack("<II", 0, 1)


def bundle(tensors):
    """``.index`` and ``.data`` of a TensorFlow checkpoint with these tensors."""
    data, entries = b"", [(b"", field(1, 1))]
    for name, values in sorted(tensors.items()):
        raw = values.astype("<f4").tobytes()
        shape = b"".join(field(2, field(1, size)) for size in values.shape)
        entries.append((name.encode(), field(1, 1) + field(2, shape) + field(4, len(data)) + field(5, len(raw))))
        data += raw
    index = body = block(entries)
    index += b"\0" * 5
    handles, start = block([(b"\xff", varint(0) + varint(len(body)))]), len(index)
    index += handles + b"\0" * 5
    footer = varint(0) + varint(0) + varint(start) + varint(len(handles))
    return index + footer.ljust(40, b"\0") + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", data


def weights():
    rng = np.random.default_rng(0)
    found = {name: rng.normal(0, 1 / np.sqrt(np.prod(shape[:-1])), shape) for name, shape in SHAPES.items()}
    found |= {name.replace("kernel", "bias"): np.zeros(shape[-1]) for name, shape in SHAPES.items()}
    for layer, size in enumerate(NORMALISED):
        name = f"batch_normalization_{layer}" if layer else "batch_normalization"
        found |= {f"{name}/{part}": np.ones(size) for part in ("gamma", "moving_variance")}
        found |= {f"{name}/{part}": np.zeros(size) for part in ("beta", "moving_mean")}
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("musicnn")
    index, data = bundle(weights())
    (place / ".index").write_bytes(index)
    (place / ".data-00000-of-00001").write_bytes(data)
    return place


def test_reads_every_tensor_of_a_checkpoint_from_folder_and_wheel(folder, tmp_path):
    wheel = tmp_path / "musicnn.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"musicnn/MTT_musicnn/{file.name}")
    for source in (folder, wheel):
        found = musicnn.read_checkpoint(source)
        assert sorted(found) == sorted(weights())
        for name, values in weights().items():
            np.testing.assert_array_equal(found[name], values.astype(np.float32))


def test_a_clip_has_features_and_tags_whatever_its_batch(folder):
    tagger = musicnn.Musicnn(folder)
    clips = list(np.random.default_rng(1).normal(0, 0.1, (3, 64_000)).astype(np.float32))
    features, tags = tagger.features_and_tags(clips)
    assert features.shape == (3, 200) and tags.shape == (3, len(musicnn.TAGS))
    assert ((tags > 0) & (tags < 1)).all() and features.std() > 0
    np.testing.assert_allclose(tagger.features_and_tags(clips[2:])[0], features[2:], atol=1e-5)


def test_only_the_first_three_seconds_are_heard_and_a_short_clip_is_followed_by_silence(folder):
    tagger = musicnn.Musicnn(folder)
    clip = np.random.default_rng(2).normal(0, 0.1, 64_000).astype(np.float32)
    changed, short = clip.copy(), clip[:20_000]
    changed[tagger.window + 512 :] = 0
    filled = np.pad(short, (0, 44_000))
    heard = tagger.embed_audio([clip, changed, short, filled], 4)
    np.testing.assert_array_equal(heard[0], heard[1])
    np.testing.assert_array_equal(heard[2], heard[3])


def test_says_where_to_get_weights_that_are_not_there(tmp_path):
    (tmp_path / "no.whl").write_bytes(b"no archive")
    for source in (tmp_path, tmp_path / "no.whl", tmp_path / "missing.whl"):
        with pytest.raises(UserError, match=r"pip download musicnn==0\.1\.0"):
            musicnn.Musicnn(source)


def test_refuses_a_broken_index(tmp_path, folder):
    (tmp_path / ".index").write_bytes((folder / ".index").read_bytes()[:-60])
    (tmp_path / ".data-00000-of-00001").write_bytes(b"")
    with pytest.raises(UserError, match="no TensorFlow checkpoint"):
        musicnn.read_checkpoint(tmp_path)


FIXTURE = Path(__file__).parents[2] / "support/musicnn_tensorflow.npz"
"""What the package's own graph says of ``sounds``: run in TensorFlow 2.21 (its .meta file without gradients, variables put in
as constants) on log-mel spectra of librosa's."""


def sounds():
    """Three clips of 4 s at 16 kHz: a chord that fades, noise in bursts, and a gliding tone over noise."""
    seconds = np.arange(64_000) / 16_000
    noise = np.random.default_rng(0).normal(0, 1, (2, 64_000))
    chord = sum(np.sin(2 * np.pi * pitch * seconds) / pitch for pitch in (220, 277, 330)) * 50 * np.exp(-seconds)
    bursts = 0.3 * noise[0] * (seconds * 4 % 1 < 0.2)
    glide = 0.4 * np.sin(2 * np.pi * (300 * seconds + 100 * seconds**2)) + 0.02 * noise[1]
    return [clip.astype(np.float32) for clip in (chord, bursts, glide)]


@pytest.fixture(scope="module")
def real():
    return musicnn.load("musicnn")


def test_the_packages_weights_give_what_its_own_tensorflow_graph_gives(real):
    expected = np.load(FIXTURE)
    features, tags = real.features_and_tags(sounds())
    assert np.abs(tags - expected["tags"]).max() < 1e-5
    assert np.abs(features - expected["features"]).max() < 1e-4 * np.abs(expected["features"]).max()


def test_embeddings_are_what_the_last_hidden_layer_holds_and_no_batch_changes_them(real):
    together, alone = real.embed_audio(sounds(), 3), [real.embed_audio([clip], 3)[0] for clip in sounds()]
    assert together.shape == (3, real.size)
    assert np.array_equal(together, real.features_and_tags(sounds())[0])
    assert np.array_equal(together, alone)


def test_tags_read_off_embeddings_are_those_that_the_packages_own_tensorflow_graph_gives(real):
    expected = np.load(FIXTURE)["tags"]
    read = musicnn_tags.tagger()(real.embed_audio(sounds(), 3))
    assert read.dtype == np.float32 and np.abs(read - expected).max() < 1e-4
    assert expected.max() > 0.3  # so that there is something to be equal to


def test_every_tag_of_an_aspect_is_one_of_musicnns():
    assert set(musicnn_tags.TAGS_OF_ASPECTS) <= set(ASPECTS)
    for aspect, tags in musicnn_tags.TAGS_OF_ASPECTS.items():
        assert tags and set(tags) <= set(musicnn_tags.TAGS), aspect
    assert not {aspect for aspect in ASPECTS if aspect in musicnn_tags.TAGS} - set(musicnn_tags.TAGS_OF_ASPECTS)


@pytest.mark.parametrize(("height", "width", "channels"), [(7, 38, 5), (7, 67, 3), (4, 95, 2), (1, 2, 4)])
@pytest.mark.parametrize("clips", [1, 2])
def test_tall_filters_by_the_convolution_theorem_are_torchs_convolution(height, width, channels, clips):
    import torch

    dice = np.random.default_rng(width)
    kernel = dice.normal(size=(height, width, 1, channels)).astype(np.float32)
    tensors = {"conv2d/kernel": kernel, "conv2d/bias": np.zeros(channels, np.float32)}
    spread = {"moving_mean": 0.0, "moving_variance": 1 - 1e-3, "gamma": 1.0, "beta": 0.0}
    tensors |= {f"batch_normalization_1/{name}": np.full(channels, value) for name, value in spread.items()}
    image = torch.from_numpy(dice.normal(size=(clips, 40, 96)).astype(np.float32))
    found = musicnn._Convolution(tensors, 0, "cpu")(image)
    before = (height - 1) // 2
    padded = torch.nn.functional.pad(image, (0, 0, before, height - 1 - before))[:, None]
    expected = torch.nn.functional.conv2d(padded, torch.from_numpy(kernel).permute(3, 2, 0, 1)).amax(3).mT.relu()
    assert found.shape == (clips, 40, channels)
    assert float((found - expected).abs().max()) < 1e-5 * float(expected.abs().max())
