import re

import pytest
from musicologist.concepts import definitions, prompt_labels
from musicologist.prompts import template_writer
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon
from musicologist.vocabulary.aspects import ASPECTS
from musicologist.vocabulary.instruments import INSTRUMENTS

CONCEPTS = definitions.load("config/concepts.yaml")


def test_a_prompt_depends_on_seed_and_number_alone_and_none_stands_twice():
    texts = template_writer.write(1, 0, 400)
    assert len(set(texts)) == 400
    assert template_writer.write(1, 96, 48) == texts[96:144]
    assert template_writer.write(2, 0, 10) != texts[:10]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_hundred_prompts_have_every_concept_and_its_absence(seed):
    aspects = [annotation.aspects for annotation in annotate_by_lexicon(template_writer.write(seed, 0, 192))]
    for window in (aspects[:96], aspects[96:]):
        for concept in CONCEPTS.values():
            labels = [prompt_labels.prompt_label(found, concept) for found in window]
            assert min(labels.count(1), labels.count(0)) >= 5, concept.name


def test_prompts_are_sentences_that_the_lexicon_understands():
    texts = template_writer.write(1, 0, 300)
    assert all(re.fullmatch(r"[A-Z][a-z0-9 -]+\.", text) for text in texts)
    assert {aspect for annotation in annotate_by_lexicon(texts) for aspect in annotation.aspects} == set(ASPECTS)


def test_every_noun_of_an_instrument_means_its_family():
    for instrument in INSTRUMENTS:
        assert annotate_by_lexicon([f"a {instrument.noun}"])[0].aspects == (instrument.family,), instrument
