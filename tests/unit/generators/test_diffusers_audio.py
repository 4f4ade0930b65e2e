"""Models in diffusers' format, tiny and of the real classes in the exact folders that the real pipelines save."""

import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from musicologist.audio.sampler import SAMPLERS, Sampler
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.core import shards
from musicologist.core.errors import UserError
from musicologist.generators import diffusers_audio, registry
from musicologist.generators.contract import Guidance
from musicologist.workflow import preflight

from tests.support import tiny_models
from tests.support.tiny_models import PROMPTS

import torch  # isort: skip
from safetensors.torch import load_file, save_file  # isort: skip

pytestmark = pytest.mark.slow

KINDS = list(diffusers_audio.KINDS)
SETTINGS = SamplingSettings("dpmpp-2m-sde", 5, 4.0, 0.135, 492.0, 1.0, 0.8)
TRAJECTORY = {"sampler": "euler", "seconds_total": 1.0, "seconds_kept": 0.8}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    return {kind: tiny_models.diffusers_directory(place / kind, kind) for kind in KINDS}


@pytest.fixture(scope="module", params=KINDS)
def folder(request, folders):
    return folders[request.param]


@pytest.fixture(scope="module")
def generator(folder):
    assert registry.module_of(folder) == "musicologist.generators.diffusers_audio"
    return diffusers_audio.load(folder)


@pytest.fixture
def copied(folders, tmp_path):
    """A Stable Audio 3 that may be spoilt, and its ``model_index.json``."""
    copy = shutil.copytree(folders["StableAudio3Pipeline"], tmp_path / "model")
    return copy, json.loads((copy / "model_index.json").read_text())


def sample(generator, prompts, seeds, settings=SETTINGS, steps=range(5), signals=("denoised", "noisy", "unguided")):
    return dict(Sampler(generator, settings).sample(prompts, seeds, steps, signals))


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_x0_at_every_step_is_that_of_the_pipelines_own_loop(folders, guidance, monkeypatch):
    """Stable Audio 3: the way as a whole, from the same noise down the same levels, by Euler."""
    import diffusers
    from diffusers.pipelines.stable_audio_3 import pipeline_stable_audio_3 as module

    folder = folders["StableAudio3Pipeline"]
    settings = replace(SETTINGS, sampler="euler", guidance=guidance, steps=8)
    sampler = Sampler(diffusers_audio.load(folder), settings)
    times = (sampler.sigmas / (1 + sampler.sigmas))[:-1]
    monkeypatch.setattr(module, "logsnr_sigma_schedule", lambda *_: times.tolist())
    pipeline, estimates = diffusers.StableAudio3Pipeline.from_pretrained(folder, local_files_only=True), []
    step = pipeline.scheduler.step

    def followed(velocity, time, latents, **more):
        estimates.append(latents - time * velocity)
        return step(velocity, time, latents, **more)

    monkeypatch.setattr(pipeline.scheduler, "step", followed)
    pipeline.set_progress_bar_config(disable=True)
    seeds = [3, 4]
    noise = torch.stack([torch.randn(8, 63, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
    asked = {"duration": 1.0, "guidance_scale": guidance, "latents": noise * times[0], "output_type": "latent"}
    end = pipeline(list(PROMPTS[:2]), **asked).audios
    found = sample(sampler.generator, PROMPTS[:2], seeds, settings, range(8))
    assert len(estimates) == 8
    for number, expected in enumerate(estimates):
        assert (found["denoised", number] - expected).abs().max() < 1e-4
    assert (found["denoised", 7] - end).abs().max() < 1e-4
    assert (estimates[3][0] - estimates[3][1]).abs().max() > 0.1
    heard = pipeline.vae.decode(end).sample[..., :12_800]
    assert (sampler.decode(found["denoised", 7]) - heard).abs().max() < 1e-4


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_x0_of_stable_audio_open_at_every_state_of_the_pipelines_own_loop(folders, guidance, monkeypatch):
    """Its solver draws its own noise: so our estimates at its states."""
    import diffusers

    folder = folders["StableAudioPipeline"]
    generator = diffusers_audio.load(folder)
    pipeline, states = diffusers.StableAudioPipeline.from_pretrained(folder, local_files_only=True), []
    scheduler = pipeline.scheduler
    step = scheduler.step

    def followed(answer, time, latents, **more):
        sigma = scheduler.sigmas[scheduler.step_index]
        states.append((latents.clone(), sigma, scheduler.precondition_outputs(latents, answer, sigma)))
        return step(answer, time, latents, **more)

    monkeypatch.setattr(scheduler, "step", followed)
    pipeline.set_progress_bar_config(disable=True)
    random = torch.Generator().manual_seed(0)
    asked = {"audio_end_in_s": 1.0, "guidance_scale": guidance, "num_inference_steps": 6, "output_type": "latent"}
    pipeline(list(PROMPTS[:2]), generator=random, **asked)
    condition = generator.condition(PROMPTS[:2], 1.0)
    assert len(states) == 6
    for state, sigma, expected in states:
        with torch.no_grad():
            found = generator.denoise(state, sigma.repeat(2), condition, Guidance(guidance))
        assert (found.guided - expected).abs().max() < 1e-4
        assert (found.free is None) == (guidance == 1)
    heard = pipeline.vae.decode(expected).sample[..., :12_800]
    assert (Sampler(generator, SETTINGS).decode(expected) - heard).abs().max() < 1e-4


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_clip_is_the_same_alone_and_in_any_batch_and_goes_on_as_its_seed_says(generator, sampler):
    settings = replace(SETTINGS, sampler=sampler)
    whole = sample(generator, PROMPTS, [1, 2, 3], settings)
    for level, latents in sample(generator, PROMPTS[1:2], [2], settings).items():
        assert (latents - whole[level][[1]]).abs().max() < 1e-4
    assert (whole["denoised", 4][0] - whole["denoised", 4][1]).abs().max() > 0.1
    assert whole["noisy", 0].std() == pytest.approx(1, abs=0.1)
    states = whole["noisy", 2][:2]
    one, same, other = (
        Sampler(generator, settings).continue_from(states[:count], 2, PROMPTS[:count], seeds)
        for count, seeds in ((2, [8, 9]), (1, [8]), (1, [10]))
    )
    assert (one[:1] - same).abs().max() < 1e-4
    assert ((one[:1] - other).abs().max() > 1e-2) == ("sde" in sampler)


def test_guidance_has_its_levels_and_its_rescaling(generator):
    condition, sigma = generator.condition(PROMPTS[:2], 1.0), torch.full((2,), 3.0)
    state = torch.randn(2, *generator.shape(1.0), generator=torch.Generator().manual_seed(0)) * 3
    with torch.no_grad():
        outside = generator.denoise(state, sigma, condition, Guidance(4, sigma_min=4))
        plain, rescaled = (generator.denoise(state, sigma, condition, Guidance(4, rescale)) for rescale in (0, 0.7))
        free = generator.denoise(state, sigma, condition, Guidance(0))
    assert outside.free is None and torch.equal(outside.guided, outside.prompted)
    assert (outside.prompted - plain.prompted).abs().max() < 1e-5
    assert torch.allclose(plain.guided, plain.free + 4 * (plain.prompted - plain.free), atol=1e-4)
    assert (plain.guided - rescaled.guided).abs().max() > 1e-3
    assert torch.allclose(free.guided, free.free, atol=1e-6)


def test_half_precision_is_near_full_precision(folder):
    full = sample(diffusers_audio.load(folder), PROMPTS[:2], [1, 2])
    settings = replace(SETTINGS, precision="bfloat16")
    sampler = Sampler.load(diffusers_audio, folder, settings)
    for level, latents in sampler.sample(PROMPTS[:2], [1, 2], [4], ["denoised"]):
        assert latents.dtype == torch.float32
        assert not torch.equal(latents, full[level])
        assert torch.cosine_similarity(latents.flatten(), full[level].flatten(), dim=0) > 0.99
        exact = Sampler(diffusers_audio.load(folder), SETTINGS).decode(latents)
        assert 0 < (sampler.decode(latents) - exact).square().mean().sqrt() < 0.03 * exact.square().mean().sqrt()


def test_the_cut_changes_nothing_before_it(generator):
    latents = torch.randn(1, 8, 64, generator=torch.Generator().manual_seed(0))
    whole = generator.decode(latents)
    cut = Sampler(generator, replace(SETTINGS, seconds_kept=0.3)).decode(latents)
    assert cut.shape == (1, 2, 4800)
    assert (cut - whole[..., :4800]).abs().max() < 1e-5


def test_what_is_known_before_anything_is_loaded(folder):
    config = diffusers_audio.read_config(folder)
    facts = diffusers_audio.facts(config, 1.0, "x")
    assert (facts.sample_rate, facts.channels, facts.width) == (16_000, 2, 64)
    assert facts.seconds == pytest.approx(1.008 if config["kind"] == "StableAudio3Pipeline" else 1.024)
    assert "Stability AI Community License" in facts.licence
    found, needs, size = preflight.of_diffusion(str(folder), None, 1.0)
    assert (found, needs) == (facts, [])
    assert size == sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    preflight.check_sampling(str(folder), TRAJECTORY)
    with pytest.raises(UserError, match=r"seconds_kept is 1\.1, but the model in .* makes 1\.0 s of audio"):
        preflight.check_sampling(str(folder), TRAJECTORY | {"seconds_kept": 1.1})
    with pytest.raises(UserError, match=r"seconds_total is 9, and .* knows lengths up to 8 s"):
        preflight.check_sampling(str(folder), TRAJECTORY | {"seconds_total": 9})
    with pytest.raises(UserError, match="brings its own: leave the key out"):
        preflight.of_diffusion(str(folder), "t5", 1.0)


class Marks:
    """What leaves a marker when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_code_that_a_model_brings_is_refused_and_not_run(copied, tmp_path):
    folder, index = copied
    marker = tmp_path / "marker"
    (folder / "mine.py").write_text(f"from pathlib import Path\nPath({str(marker)!r}).touch()\nclass Own: ...\n")
    shutil.copyfile(folder / "mine.py", folder / "transformer/mine.py")
    for name, entry in (("transformer", ["mine", "Own"]), ("vae", ["mine", "AutoencoderSAME"]), ("extra", ["a", "b"])):
        (folder / "model_index.json").write_text(json.dumps(index | {name: entry}))
        for refused in (
            lambda: preflight.check_sampling(str(folder), TRAJECTORY),
            lambda: preflight.of_diffusion(str(folder), None, 1.0),
            lambda: diffusers_audio.load(folder),
        ):
            with pytest.raises(UserError, match=f"the {name} '{entry[1]}' of '{entry[0]}' is none that is built here"):
                refused()
    assert not marker.exists()


@pytest.mark.parametrize("part", ["transformer", "text_encoder"])
def test_pickled_weights_are_not_opened(copied, tmp_path, part):
    folder, _ = copied
    safe = next((folder / part).glob("*.safetensors"))
    name = "pytorch_model.bin" if part == "text_encoder" else "diffusion_pytorch_model.bin"
    (folder / part / name).write_bytes(pickle.dumps(Marks(tmp_path / "marker")))
    diffusers_audio.load(folder)
    safe.unlink()
    for refused in (lambda: preflight.of_diffusion(str(folder), None, 1.0), lambda: diffusers_audio.load(folder)):
        with pytest.raises(UserError, match=f"{safe.name} does not exist: expected this file of each part"):
            refused()
    safe.write_bytes((folder / part / name).read_bytes())
    with pytest.raises(UserError, match="no readable weights file"):
        diffusers_audio.load(folder)
    assert not (tmp_path / "marker").exists()


def change(file, **values):
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def recast(folder, part, kind):
    """The weights of a part as numbers of this kind."""
    file = next((folder / part).glob("*.safetensors"))
    save_file({name: tensor.to(kind) for name, tensor in load_file(file).items()}, file)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("numbers", [torch.float16, torch.bfloat16], ids=str)
def test_a_folder_in_half_precision_with_settings_of_a_later_version_makes_the_same_clips(
    folders, tmp_path, kind, numbers
):
    """What a pipeline may say besides its parts, other noise levels of its own scheduler, and keys that nobody knows yet."""
    copy = shutil.copytree(folders[kind], tmp_path / "model")
    for part in ("transformer", "vae", "text_encoder"):
        recast(copy, part, numbers)
        change(copy / part / "config.json", of_a_later_version=7)
    change(copy / "scheduler/scheduler_config.json", sigma_min=0.01, sigma_max=500)
    change(copy / "model_index.json", requires_safety_checker=False, safety_checker=[None, None], _later=[1, 2])
    preflight.of_diffusion(str(copy), None, 1.0)
    plain, found = (sample(diffusers_audio.load(place), PROMPTS[:1], [1]) for place in (folders[kind], copy))
    assert torch.cosine_similarity(found["denoised", 4].flatten(), plain["denoised", 4].flatten(), dim=0) > 0.99


SPOILT = {
    "of another pipeline": (
        lambda f: change(f / "model_index.json", _class_name="MusicLDMPipeline"),
        "the pipeline 'MusicLDMPipeline' is none that is read here",
    ),
    "distilled": (
        lambda f: change(f / "scheduler/scheduler_config.json", stochastic_sampling=True),
        "is a distilled model, .*: take the one whose name ends in -base",
    ),
    "of other latents": (
        lambda f: change(f / "vae/config.json", latent_dim=9),
        "the latents has 9 numbers where the transformer takes 8",
    ),
    "wider than its weights": (
        lambda f: change(f / "transformer/config.json", embed_dim=128),
        r"proj_in.weight is \(64, 8\), expected \(128, 8\)",
    ),
    "with code of its own": (
        lambda f: change(f / "text_encoder/config.json", auto_map={"AutoModel": "mine.Own"}),
        "auto_map is not read here",
    ),
    "of another depth": (
        lambda f: change(f / "transformer/config.json", depth=10**6),
        r"its transformer blocks are 2, expected 1000000",
    ),
    "quantised": (
        lambda f: recast(f, "vae", torch.float8_e4m3fn),
        r"vae/.* is quantised \(F8_E4M3\): expected floats of 16 bits or more",
    ),
    "in whole numbers": (lambda f: recast(f, "text_encoder", torch.int8), r"text_encoder/.* is quantised \(I8\)"),
    "in several files": (
        lambda f: (f / f"transformer/{diffusers_audio.WEIGHTS}").rename(
            f / "transformer/diffusion_pytorch_model-00001-of-00002.safetensors"
        ),
        r"transformer/.*model\.safetensors does not exist: .* save one that is in several files.* anew",
    ),
    "without its reader": (
        lambda f: change(f / "model_index.json", text_encoder=[None, None]),
        r"model_index\.json names no text_encoder",
    ),
    "without a number": (lambda f: change(f / "vae/config.json", sampling_rate="x"), "a configuration is not whole"),
    "without a part": (lambda f: (f / "vae/config.json").unlink(), r"vae/config\.json does not exist"),
    "no JSON": (lambda f: (f / "model_index.json").write_text("{"), "is not JSON"),
    "no object": (lambda f: (f / "model_index.json").write_text("[]"), "is not a JSON object"),
    "truncated": (
        lambda f: (f / f"vae/{diffusers_audio.WEIGHTS}").write_bytes(
            (f / f"vae/{diffusers_audio.WEIGHTS}").read_bytes()[:-1]
        ),
        "is truncated; fetch or copy it again",
    ),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_a_header_shows_is_refused_before_anything_is_queued(copied, how):
    folder, _ = copied
    spoil, sentence = SPOILT[how]
    spoil(folder)
    with pytest.raises(UserError, match=sentence):
        preflight.of_diffusion(str(folder), None, 1.0)


@pytest.mark.parametrize("told", [None, 10**30, "128"])
def test_a_reader_that_does_not_say_how_many_tokens_it_gives_is_refused(folders, tmp_path, told):
    copy = shutil.copytree(folders["StableAudioPipeline"], tmp_path / "model")
    change(copy / "tokenizer/tokenizer_config.json", model_max_length=told)
    with pytest.raises(
        UserError, match=r"tokenizer_config\.json: model_max_length is .*: expected the number of tokens"
    ):
        preflight.of_diffusion(str(copy), None, 1.0)
    (copy / "tokenizer/tokenizer_config.json").unlink()
    with pytest.raises(UserError, match=r"tokenizer_config\.json does not exist"):
        preflight.of_diffusion(str(copy), None, 1.0)


def test_weights_without_a_tensor_or_with_numbers_that_are_not_finite_are_refused(copied):
    folder, _ = copied
    file = folder / "vae" / diffusers_audio.WEIGHTS
    state = load_file(file)
    name = next(iter(state))
    save_file({key: tensor for key, tensor in state.items() if key != name}, file)
    with pytest.raises(UserError, match=f"does not fit the config.json beside it .1 tensors are missing.*{name}"):
        diffusers_audio.load(folder)
    save_file(state | {name: torch.full_like(state[name], torch.nan)}, file)
    with pytest.raises(UserError, match="hold numbers that are not finite"):
        diffusers_audio.load(folder)


def test_a_model_of_the_hub_is_known_by_its_name_before_it_is_fetched():
    name = "stabilityai/stable-audio-3-medium-base"
    assert registry.module_of(name) == "musicologist.generators.diffusers_audio"
    assert registry.module_of("stabilityai/stable-audio-open-1.0") == "musicologist.generators.stable_audio_tools"
    with pytest.raises(
        UserError, match=r"stable-audio-3-medium-base has no model_index\.json in the Hugging Face cache"
    ):
        registry.of_model(name).load(name)


def test_a_shard_of_clips_is_generated_by_the_program(folder, tmp_path, monkeypatch):
    import generate_audio

    (tmp_path / "prompts.jsonl").write_text(
        "".join(json.dumps({"prompt_id": n, "text": text, "writer": "given"}) + "\n" for n, text in enumerate(PROMPTS))
    )
    tars = [
        tmp_path / f"audio/{signal}/step_0{step}/shard_0000.tar"
        for signal in ("denoised", "unguided")
        for step in (1, 3)
    ]
    options = {"prompts": tmp_path / "prompts.jsonl", "first": 0, "last": 2, "seed": 1, "samples": 1}
    options |= {"family": registry.module_of(folder), "model": folder, "digest": "none", "batch_size": 2}
    options |= {"sampler": "dpmpp-3m-sde", "steps": 4, "guidance": 4, "sigma_min": 0.135, "sigma_max": 492}
    options |= {"seconds_total": 1, "seconds_kept": 0.5, "manifest": tmp_path / "shard_0000.json", "device": "cpu"}
    options |= {"information": tmp_path / "information.jsonl"}
    arguments = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    monkeypatch.setattr("sys.argv", ["generate_audio.py", *arguments, "--tars", *map(str, tars)])
    generate_audio.main()
    for tar in tars:
        clips = {clip.key: clip for clip in shards.read(tar)}
        assert list(clips) == ["000000_00", "000001_00", "000002_00"]
        assert all(clip.audio.shape == (2, 8000) and clip.audio.std() > 1e-3 for clip in clips.values())
        assert clips["000000_00"].record["sampler"] == "dpmpp-3m-sde"
    told = [json.loads(line) for line in (tmp_path / "information.jsonl").read_text().splitlines()]
    assert len(told) == 12 and all(line["nats"] > 0 for line in told)
