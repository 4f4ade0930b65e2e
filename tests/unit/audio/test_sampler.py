import math
from dataclasses import replace
from itertools import count

import pytest
from musicologist.audio import noise
from musicologist.audio.sampler import SAMPLERS, Sampler, branch_seed, clip_seed
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.generators import stable_audio_tools, velocities
from musicologist.generators.stable_audio_denoiser import StableAudio

from tests.support import tiny_models
from tests.support.tiny_models import PROMPTS

import torch  # isort: skip
import k_diffusion as K  # isort: skip

pytestmark = pytest.mark.slow

SETTINGS = SamplingSettings("dpmpp-3m-sde", 8, 4.0, 0.3, 100.0, 1.0, 0.8)
KEPT = (0, 3, 7)
CLIPS = [(PROMPTS[number % 3], clip_seed(1, number, 0)) for number in range(8)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return stable_audio_tools.load(tiny_models.diffusion_directory(tmp_path_factory.mktemp("models") / "diffusion"))


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "flow"
    return stable_audio_tools.load(tiny_models.diffusion_directory(folder, "rectified_flow"))


@pytest.fixture(scope="module", params=["v", "rectified_flow"])
def either(request):
    """A model of each objective."""
    return request.getfixturevalue("model" if request.param == "v" else "flow")


def sample(model, clips, settings=SETTINGS, kept=KEPT):
    prompts, seeds = zip(*clips, strict=True)
    return dict(Sampler(model, settings).sample(prompts, seeds, kept))


def test_noise_levels_are_even_in_the_logarithm_and_end_at_zero():
    levels = Sampler(None, SETTINGS).sigmas
    assert len(levels) == 9
    assert levels[0] == pytest.approx(100)
    assert levels[-2] == pytest.approx(0.3)
    assert levels[-1] == 0
    assert torch.allclose(levels[1:-1] / levels[:-2], torch.full((7,), 0.003 ** (1 / 7)), rtol=1e-4)


def test_a_seed_follows_from_run_prompt_and_sample_for_ever():
    assert clip_seed(1, 0, 0) == 3917325207537043500
    seeds = {clip_seed(run, prompt, number) for run in range(5) for prompt in range(50) for number in range(5)}
    assert len(seeds) == 1250
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert clip_seed(1, 11, 1) != clip_seed(1, 1, 11) != clip_seed(11, 1, 1)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_clip_is_the_same_alone_and_in_any_batch(either, sampler):
    """Of a stochastic sampler too, whatever the model's objective: the added noise is the clip's own."""
    model, settings = either, replace(SETTINGS, sampler=sampler)
    whole = sample(model, CLIPS, settings)
    assert set(whole) == {(signal, step) for signal in ("denoised", "noisy") for step in KEPT}
    for order in ([5], [5, 1, 2], [7, 6, 5, 4, 3, 2, 1, 0]):
        part = sample(model, [CLIPS[number] for number in order], settings)
        for level, latents in part.items():
            assert (latents - whole[level][order]).abs().max() < 1e-4


def test_the_noise_of_steps_is_normal_and_independent_from_step_to_step_and_clip_to_clip():
    """Within Monte-Carlo error: 1,000 draws of 640 numbers each."""
    seeds, steps, size = [clip_seed(1, number, 0) for number in range(20)], 50, 640
    found = torch.stack([noise.of_step(seeds, step, (8, 80)) for step in range(steps)]).reshape(steps, len(seeds), -1)
    numbers = found.numel()
    assert abs(found.mean()) < 4 / math.sqrt(numbers)
    assert abs(found.var() - 1) < 4 * math.sqrt(2 / numbers)
    assert abs((found**4).mean() - 3) < 4 * math.sqrt(96 / numbers)
    together = found.reshape(steps * len(seeds), size)
    between = torch.corrcoef(together) - torch.eye(len(together))
    assert between.abs().max() < 6 / math.sqrt(size)  # the largest of 499,500
    assert between.mean().abs() < 4 / math.sqrt(size * len(together) ** 2 / 2)
    assert torch.equal(found[7, 3].reshape(8, 80), noise.of_step(seeds[3:4], 7, (8, 80))[0])


def test_another_seed_or_prompt_is_another_clip(model):
    prompt, seed = CLIPS[0]
    one = sample(model, [(prompt, seed), (prompt, seed + 1), (PROMPTS[1], seed)])["denoised", 7]
    assert (one[0] - one[1]).abs().max() > 0.1
    assert (one[0] - one[2]).abs().max() > 0.01


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "euler"])
def test_what_is_kept_is_what_stable_audio_tools_computes(model, sampler, monkeypatch):
    from stable_audio_tools.inference.generation import generate_diffusion_cond

    prompt, seed = CLIPS[3]
    calls = []

    def noise_sampler(x, *_, **__):
        steps = count()
        return lambda sigma, after: noise.of_step([seed], next(steps), x.shape[1:])

    with monkeypatch.context() as patch:
        patch.setattr(K.sampling, "BrownianTreeNoiseSampler", noise_sampler)
        final = generate_diffusion_cond(
            model.model,
            steps=SETTINGS.steps,
            cfg_scale=SETTINGS.guidance,
            conditioning=[{"prompt": prompt, "seconds_start": 0, "seconds_total": 1.0}],
            sample_size=16_384,
            sigma_min=SETTINGS.sigma_min,
            sigma_max=SETTINGS.sigma_max,
            sampler_type=sampler,
            device="cpu",
            seed=seed,
            callback=lambda info: calls.append((info["i"], info["denoised"].clone(), info["x"].clone())),
            return_latents=True,
        )
    assert [call[0] for call in calls] == list(range(SETTINGS.steps))
    ours = sample(model, [CLIPS[3]], replace(SETTINGS, sampler=sampler), range(SETTINGS.steps))
    levels = Sampler(None, SETTINGS).sigmas
    for step, denoised, state in calls:
        assert (ours["denoised", step] - denoised).abs().max() < 1e-5
        assert (ours["noisy", step] - state / math.sqrt(1 + levels[step] ** 2)).abs().max() < 1e-5
    assert (ours["denoised", SETTINGS.steps - 1] - final).abs().max() < 1e-5


def test_the_noisy_signal_is_noise_of_unit_spread_at_first(model):
    latents = sample(model, CLIPS, kept=[0])["noisy", 0]
    assert latents.std() == pytest.approx(1, abs=0.03)
    # the two noises that a seed gives are one: the first state is the seed's own
    own = torch.randn(latents[0].shape, generator=torch.Generator().manual_seed(CLIPS[0][1]))
    assert (latents[0] - own).abs().max() < 1e-3


def test_guidance_counts(model):
    free = sample(model, CLIPS[:1], replace(SETTINGS, guidance=1.0))["denoised", 7]
    assert (free - sample(model, CLIPS[:1])["denoised", 7]).abs().max() > 0.01


def test_rescaled_guidance_has_the_spread_of_no_guidance(model):
    spread = {}
    for guidance, rescale in ((1.0, 0.0), (8.0, 0.0), (8.0, 1.0)):
        settings = replace(SETTINGS, guidance=guidance, guidance_rescale=rescale)
        spread[guidance, rescale] = sample(model, CLIPS[:1], settings, kept=[0])["denoised", 0].std()
    free, guided, rescaled = spread.values()
    assert abs(rescaled - free) < abs(guided - free)


def test_the_cut_changes_nothing_before_it(model):
    latents = torch.randn(2, 8, 64, generator=torch.Generator().manual_seed(0))
    whole = model.decode(latents)
    cut = Sampler(model, replace(SETTINGS, seconds_kept=0.3)).decode(latents)
    assert cut.shape == (2, 2, 4800)
    assert (cut - whole[..., :4800]).abs().max() < 1e-5
    assert Sampler(model, replace(SETTINGS, seconds_kept=1.024)).decode(latents).shape == (2, 2, 16_384)


def test_the_margin_is_enough_for_stable_audio_opens_decoder():
    from stable_audio_tools.models.autoencoders import OobleckDecoder

    torch.manual_seed(0)
    decoder = OobleckDecoder(
        out_channels=2,
        channels=2,
        latent_dim=4,
        c_mults=[1, 2, 4, 8, 16],
        strides=[2, 4, 4, 8, 8],
        use_snake=True,
        final_tanh=False,
    )
    latents = torch.randn(1, 4, 48)
    with torch.no_grad():
        whole, cut = decoder(latents), decoder(latents[..., : 8 + StableAudio.margin])
    samples = 8 * 2048
    assert (cut[..., :samples] - whole[..., :samples]).abs().max() < 1e-6 * whole.abs().max()


def test_the_way_of_a_v_objective_model_is_that_of_k_diffusions_denoiser(model):
    """The contract's estimates against VDenoiser around the model itself: by DPM-Solver++(2M), x0 and state at every step."""
    settings = replace(SETTINGS, sampler="dpmpp-2m", guidance_rescale=0.4)
    ours, this = sample(model, CLIPS[:2], settings, range(SETTINGS.steps)), Sampler(model, settings)
    own = torch.stack([torch.randn(8, 64, generator=torch.Generator().manual_seed(seed)) for _, seed in CLIPS[:2]])
    told = model.condition([prompt for prompt, _ in CLIPS[:2]], 1.0) | {"cfg_scale": 4.0, "scale_phi": 0.4}
    told |= {"batch_cfg": True, "cfg_interval": (0, math.inf)}
    calls = []
    with torch.no_grad():
        denoiser = K.external.VDenoiser(model.model.model)
        K.sampling.sample_dpmpp_2m(denoiser, own * this.sigmas[0], this.sigmas, told, calls.append, disable=True)
    for call, sigma in zip(calls, this.sigmas, strict=False):
        assert (ours["denoised", call["i"]] - call["denoised"]).abs().max() < 1e-5
        assert (ours["noisy", call["i"]] - call["x"] / math.sqrt(1 + sigma**2)).abs().max() < 1e-5
    assert len(calls) == SETTINGS.steps


@pytest.mark.parametrize(("sampler", "theirs"), [("euler", "sample_discrete_euler"), ("dpmpp-2m", "sample_flow_dpmpp")])
def test_k_diffusions_samplers_are_those_of_rectified_flow_in_other_coordinates(sampler, theirs):
    """Against stable-audio-tools' own, in double precision, from sigma 492 to 0.135 with a nonlinear estimate."""
    from stable_audio_tools.inference import sampling

    random = torch.Generator().manual_seed(0)
    mixed, noise = (torch.randn(size, generator=random, dtype=torch.float64) for size in ((8, 8), (2, 8, 16)))

    def velocity(x, t):
        wide = t[:, None, None]
        return (x - (torch.tanh(torch.einsum("ij,bjt->bit", mixed / 3, x)) * (1 - wide) + 0.1 * wide * x)) / wide

    def estimate(x, sigma):
        reading = velocities.of_flow(sigma)
        return reading.estimate(velocity(x * reading.of_input, reading.time), x)

    sigmas = torch.cat([torch.logspace(math.log10(492), math.log10(0.135), 25), torch.zeros(1)]).double()
    times = sigmas / (1 + sigmas)
    expected, found = [], []
    with torch.no_grad():
        end = getattr(sampling, theirs)(
            velocity,
            noise * times[0],
            sigmas=times,
            callback=lambda info: expected.append(info["denoised"].clone()),
            disable_tqdm=True,
        )
        own_end = SAMPLERS[sampler](
            estimate,
            noise * sigmas[0],
            sigmas,
            callback=lambda info: found.append(info["denoised"].clone()),
            disable=True,
        )
    assert len(found) == len(expected) == 25
    assert all((one - other).abs().max() < 1e-6 for one, other in zip(found, expected, strict=True))
    assert (own_end - end).abs().max() < 1e-6


def guided_velocity(model, state, time, prompts):
    """The model's guided velocity, asked for directly."""
    condition = model.condition(prompts, 1.0)
    with torch.no_grad():
        return model.model.model(
            state, time.repeat(len(state)), **condition, cfg_scale=SETTINGS.guidance, batch_cfg=True, rescale_cfg=True
        )


def test_a_rectified_flow_is_kept_as_euler_computes_it(flow):
    """Directly: x_t = (1 - t) x0 + t noise, so t = sigma / (1 + sigma), x0 = x_t - t v, x at the next t by one Euler step."""
    clips = CLIPS[:3]
    kept = sample(flow, clips, replace(SETTINGS, sampler="euler"), range(SETTINGS.steps))
    levels = Sampler(None, SETTINGS).sigmas.double()
    own = [torch.randn(8, 64, generator=torch.Generator().manual_seed(seed)) for _, seed in clips]
    times = (levels / (1 + levels)).float()
    state = torch.stack(own) * times[0]
    for step in range(SETTINGS.steps):
        time = times[step]
        velocity = guided_velocity(flow, state, time, [prompt for prompt, _ in clips])
        assert (kept["denoised", step] - (state - time * velocity)).abs().max() < 1e-4
        exploding = state / (1 - time)  # x0 + sigma noise
        assert (kept["noisy", step] - exploding / math.sqrt(1 + levels[step] ** 2)).abs().max() < 1e-4
        state = state + (times[step + 1] - time) * velocity
    assert (kept["denoised", SETTINGS.steps - 1] - state).abs().max() < 1e-4


def test_tf32_on_a_cpu_is_float32(model):
    full, other = (
        sample(model, CLIPS[:2], replace(SETTINGS, precision=precision)) for precision in ("float32", "tf32")
    )
    assert all(torch.equal(other[level], full[level]) for level in full)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_near_full_precision(tmp_path, precision):
    model = stable_audio_tools.load(tiny_models.diffusion_directory(tmp_path / "model"))
    full = sample(model, CLIPS[:2])
    model.halve(getattr(torch, precision))
    for level, latents in sample(model, CLIPS[:2]).items():
        assert torch.equal(latents, full[level])
    half = sample(model, CLIPS[:2], replace(SETTINGS, precision=precision))
    for level, latents in half.items():
        assert latents.dtype == torch.float32
        assert not torch.equal(latents, full[level]) or level == ("noisy", 0)
        assert torch.cosine_similarity(latents.flatten(), full[level].flatten(), dim=0) > 0.999


@pytest.mark.parametrize(("precision", "noise"), [("bfloat16", 2e-2), ("float16", 2e-3)])
def test_half_precision_decodes_with_little_noise(tmp_path, precision, noise):
    folder, latents = tiny_models.diffusion_directory(tmp_path / "model"), torch.randn(2, 8, 64)
    full = Sampler.load(stable_audio_tools, folder, SETTINGS).decode(latents)
    half = Sampler.load(stable_audio_tools, folder, replace(SETTINGS, precision=precision)).decode(latents)
    assert half.dtype == torch.float32 and half.shape == full.shape
    assert 0 < (half - full).square().mean().sqrt() < noise * full.square().mean().sqrt()


def of_one_pass(asked, clips, settings, steps, signals=("denoised", "unguided", "noisy")):
    """All levels, and what the prompt tells by step."""
    told = {}
    prompts, seeds = zip(*clips, strict=True)
    kept = Sampler(asked, settings).sample(prompts, seeds, steps, signals, told.__setitem__)
    return dict(kept), told


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_unguided_is_the_models_estimate_with_the_prompt_alone(either, sampler):
    """Asked for directly, without guidance, at the guided way's own states; and the same clips as without it."""
    asked, settings, steps = either, replace(SETTINGS, sampler=sampler, guidance_rescale=0.4), range(SETTINGS.steps)
    settings = replace(settings, guidance_sigma_min=1.0)
    levels = Sampler(None, settings).sigmas
    found, told = of_one_pass(asked, CLIPS[:3], settings, steps)
    without = sample(asked, CLIPS[:3], settings, steps)
    assert all(torch.equal(found[level], without[level]) for level in without)
    assert "_forward" not in vars(asked.model.model.model)
    alone = asked.condition([prompt for prompt, _ in CLIPS[:3]], 1.0)
    for step in steps:
        sigma, noisy = levels[step], found["noisy", step]
        state = noisy * math.sqrt(1 + sigma**2)
        with torch.no_grad():
            if asked.flow:
                time = sigma / (1 + sigma)
                plain = state * (1 - time) - time * asked.model.model(state * (1 - time), time.repeat(3), **alone)
            else:
                plain = K.external.VDenoiser(asked.model.model)(state, sigma.repeat(3), **alone)
        scale = plain.abs().max()
        assert (found["unguided", step] - plain).abs().max() < 1e-4 * scale
        guided = bool(sigma >= 1.0)
        assert torch.equal(found["unguided", step], found["denoised", step]) != guided
        assert (step in told) == guided
    assert len(told[0]) == 3


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_state_continued_with_the_same_noise_and_prompt_ends_near_its_own_end(either, sampler):
    """Only the multistep samplers' memory is lost; where all is gone on with from the first step, not even that."""
    asked = either
    this = Sampler(asked, replace(SETTINGS, sampler=sampler))
    prompts, seeds = zip(*CLIPS[:2], strict=True)
    found = dict(this.sample(prompts, seeds, [0, 4, 7]))
    start, late = (this.continue_from(found["noisy", step], step, prompts, seeds) for step in (0, 4))
    assert (start - found["denoised", 7]).abs().max() < 1e-3
    other = this.continue_from(found["noisy", 4], 4, prompts[::-1], seeds)
    near, far = ((one - found["denoised", 7]).abs().mean() for one in (late, other))
    assert near < 1e-5 if sampler == "euler" else near < far
    if "sde" in sampler:
        fresh = this.continue_from(found["noisy", 4], 4, prompts, [branch_seed(seed, 4, 0) for seed in seeds])
        assert near < 0.3 * (fresh - found["denoised", 7]).abs().mean()


@pytest.mark.parametrize("sampler", ["dpmpp-2m", "dpmpp-2m-sde"])
def test_what_the_prompt_tells_is_the_squared_difference_of_the_noise_predictions(either, sampler):
    """Guidance moves the estimate by (scale - 1) times the difference of both: from there to the noise, over sigma."""
    asked = either
    settings = replace(SETTINGS, sampler=sampler)
    found, told = of_one_pass(asked, CLIPS[:2], settings, range(SETTINGS.steps))
    for step, sigma in enumerate(Sampler(None, settings).sigmas[:-1].tolist()):
        apart = (found["denoised", step] - found["unguided", step]) / (settings.guidance - 1) / sigma
        assert torch.allclose(told[step], (apart**2).sum(dim=(1, 2)), rtol=1e-3, atol=1e-6)
    assert of_one_pass(asked, CLIPS[:2], replace(settings, guidance=1.0), [0])[1] == {}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_guidance_begins_at_its_greatest_sigma(either, sampler):
    asked = either
    levels = Sampler(None, SETTINGS).sigmas
    settings = replace(SETTINGS, sampler=sampler, guidance_sigma_max=float(levels[1:3].mean()))
    settings = replace(settings, guidance_sigma_min=float(levels[4:6].mean()))
    _, told = of_one_pass(asked, CLIPS[:2], settings, [0])
    assert sorted(told) == [2, 3, 4]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_guidance_ends_below_its_least_sigma(either, sampler):
    """The same up to the last guided step, then estimates without guidance; where no step is guided, as with a scale of 1."""
    asked = either
    settings, steps = replace(SETTINGS, sampler=sampler), range(SETTINGS.steps)
    levels = Sampler(None, settings).sigmas
    guided, ended, unguided, free = (
        sample(asked, CLIPS[:2], other, steps)
        for other in (
            settings,
            replace(settings, guidance_sigma_min=float(levels[3:5].mean())),
            replace(settings, guidance_sigma_min=1000),
            replace(settings, guidance=1.0),
        )
    )
    for step in steps:
        assert torch.equal(ended["denoised", step], guided["denoised", step]) == (step < 4)
        assert torch.equal(ended["noisy", step], guided["noisy", step]) == (step < 5)
        assert torch.equal(unguided["denoised", step], free["denoised", step])
