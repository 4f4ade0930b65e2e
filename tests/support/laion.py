"""LAION's own package, importable here: without a network, image libraries and librosa's compiled dependencies.

What of librosa it calls on the way of an embedding is three functions; their results are scipy's, and a mel matrix recorded
from librosa 0.11.0 (``filters.mel(sr=48000, n_fft=1024, n_mels=64, fmin=50, fmax=14000)``).
"""

import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import numpy as np
from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)

import torch  # isort: skip
import transformers  # isort: skip

WORDS = 1000
_LOADED_FIRST = (
    "RobertaModel",
    "RobertaTokenizer",
    "BertModel",
    "BertTokenizer",
    "BartModel",
    "BartTokenizer",
    "ClapModel",
)


def cache(home: Path) -> None:
    """A Hugging Face cache with the three text models that the package loads when it is imported, RoBERTa small."""
    from transformers import RobertaConfig, RobertaModel

    for name in ("roberta-base", "bert-base-uncased", "facebook/bart-base"):
        repository = home / "hub" / f"models--{name.replace('/', '--')}"
        snapshot = repository / "snapshots" / ("0" * 40)
        snapshot.mkdir(parents=True)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text("0" * 40)
        tokenizer().save_pretrained(snapshot)
        if name == "roberta-base":
            torch.manual_seed(0)
            RobertaModel(
                RobertaConfig(
                    vocab_size=WORDS,
                    hidden_size=768,
                    num_hidden_layers=2,
                    num_attention_heads=12,
                    intermediate_size=64,
                    max_position_embeddings=514,
                    type_vocab_size=1,
                    layer_norm_eps=1e-5,
                )
            ).save_pretrained(snapshot)


def tokenizer():
    """RoBERTa's tokenizer over bytes and made-up words."""
    from tokenizers.pre_tokenizers import ByteLevel

    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    names += [f"word{number}" for number in range(WORDS - len(names))]
    return transformers.RobertaTokenizer(vocab={name: number for number, name in enumerate(names)}, merges=[])


def package() -> ModuleType:
    """The package ``laion_clap``."""
    if "laion_clap" in sys.modules:
        return sys.modules["laion_clap"]
    for name in _LOADED_FIRST:  # before torchvision seems to be there
        getattr(transformers, name)
    mel = np.load(Path(__file__).with_name("librosa_mel.npz"))["mel"]

    def recorded(**asked):
        expected = {"sr": 48_000, "n_fft": 1024, "n_mels": 64, "fmin": 50, "fmax": 14_000}
        assert asked == expected
        return mel

    from scipy.signal import get_window

    stubs = {
        "librosa": {
            "filters": types.SimpleNamespace(mel=recorded, get_window=get_window),
            "util": types.SimpleNamespace(pad_center=lambda window, size: window),
        },
        "torchvision": {},
        "torchvision.datasets": {},
        "torchvision.transforms": dict.fromkeys(
            ("Normalize", "Compose", "RandomResizedCrop", "ToTensor", "Resize", "CenterCrop")
        )
        | {"InterpolationMode": types.SimpleNamespace(BICUBIC=0)},
        "torchvision.ops": {},
        "torchvision.ops.misc": {"FrozenBatchNorm2d": torch.nn.BatchNorm2d},
        **{name: {} for name in ("h5py", "braceexpand", "wget", "webdataset", "ftfy")},
    }
    for name, content in stubs.items():
        module = types.ModuleType(name)
        module.__path__, module.__spec__ = [], ModuleSpec(name, None)
        module.__dict__.update(content)
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
    import laion_clap

    return laion_clap
