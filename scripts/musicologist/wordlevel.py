"""A tokenizer of whole words for the small bundled models."""

from collections.abc import Iterable
from pathlib import Path


def build(texts: Iterable[str], directory: str | Path):
    """Make a word-level tokenizer over all words of ``texts``, save it in ``directory`` and return it.

    Words are lower-cased and split at spaces and punctuation; an unknown one becomes ``<unk>``.
    """
    from musicologist import compat  # noqa: F401  (before transformers)

    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers  # isort: skip
    from transformers import PreTrainedTokenizerFast  # isort: skip

    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(special_tokens=specials))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=40,
    )
    fast.save_pretrained(str(directory))
    return fast
