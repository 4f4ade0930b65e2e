import math

import pytest

torch = pytest.importorskip("torch")

from musicologist.audio.renoising import noise_seed, renoised  # noqa: E402
from musicologist.audio.sampler import clip_seed  # noqa: E402

SEEDS = [clip_seed(1, number, 0) for number in range(4)]
LATENTS = torch.randn(4, 8, 300, generator=torch.Generator().manual_seed(0))


def test_it_is_the_finished_latent_under_noise_of_its_own_at_unit_spread():
    own = torch.randn(8, 300, generator=torch.Generator().manual_seed(noise_seed(SEEDS[2])))
    for sigma in (0.2, 5.0, 100.0):
        found = renoised(LATENTS, sigma, SEEDS)
        assert found.std() == pytest.approx(1, abs=0.05)
        assert torch.allclose(found[2], (LATENTS[2] + sigma * own) / math.sqrt(1 + sigma**2), atol=1e-6)
    assert torch.allclose(renoised(LATENTS, 1e-6, SEEDS), LATENTS, atol=1e-4)


def test_its_noise_is_fresh_and_no_clip_depends_on_the_others():
    assert noise_seed(SEEDS[0]) not in SEEDS and 0 <= noise_seed(SEEDS[0]) < 2**63
    assert noise_seed(clip_seed(1, 0, 0)) == noise_seed(SEEDS[0]) != noise_seed(SEEDS[1])
    assert torch.equal(renoised(LATENTS[1:2], 3.0, SEEDS[1:2])[0], renoised(LATENTS, 3.0, SEEDS)[1])
