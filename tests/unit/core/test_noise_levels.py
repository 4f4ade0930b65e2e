import math

import numpy as np
import pytest
from musicologist.core import noise_levels
from musicologist.core.errors import UserError
from musicologist.workflow import configuration

LEVELS = noise_levels.sigmas(50, 0.01, 100)


@pytest.mark.parametrize(("steps", "sigma_min", "sigma_max"), [(50, 0.01, 100), (100, 0.3, 500), (2, 0.2, 1)])
def test_noise_levels_are_those_of_k_diffusion(steps, sigma_min, sigma_max):
    from musicologist.models.compat import k_diffusion  # noqa: F401  (before k_diffusion)

    import k_diffusion as K  # isort: skip

    theirs = K.sampling.get_sigmas_polyexponential(steps, sigma_min, sigma_max, 1.0)[:-1].double().numpy()
    assert noise_levels.sigmas(steps, sigma_min, sigma_max) == pytest.approx(theirs, rel=1e-5)


def test_the_papers_saved_steps_lie_where_its_table_says():
    assert [round(LEVELS[step], 2) for step in (5, 10, 15, 20, 25)] == [39.07, 15.26, 5.96, 2.33, 0.91]


def test_signal_to_noise_ratio():
    assert noise_levels.log_snr_db(1) == 0
    assert noise_levels.log_snr_db(100) == pytest.approx(-40)
    assert noise_levels.log_snr_db(0.1) == pytest.approx(20)
    assert noise_levels.log_snr_db(np.array([10, 1])).tolist() == [-20, 0]


def test_even_levels_are_distinct_steps_even_in_log_snr():
    steps = configuration.kept_steps({"levels": 20, "from_sigma": 100, "to_sigma": 1}, LEVELS)
    assert len(set(steps)) == 20
    assert steps == sorted(steps)
    spacing = 40 / 19  # dB between the levels that are asked for
    one = noise_levels.log_snr_db(LEVELS[1]) - noise_levels.log_snr_db(LEVELS[0])
    for number, step in enumerate(steps):
        assert abs(noise_levels.log_snr_db(LEVELS[step]) + 40 - number * spacing) <= one / 2 + 1e-9


def test_without_sigmas_the_levels_span_the_schedule():
    assert configuration.kept_steps({"levels": 2}, LEVELS) == [0, 49]
    assert configuration.kept_steps({"levels": 50}, LEVELS) == list(range(50))
    assert configuration.kept_steps({"levels": 1, "from_sigma": LEVELS[7], "to_sigma": 1}, LEVELS) == [7]


def test_listed_steps_are_kept_in_order():
    assert configuration.kept_steps([49, 5, 0], LEVELS) == [0, 5, 49]


@pytest.mark.parametrize(
    ("keep", "sentence"),
    [
        ([0, 50], "keep steps from 0 to 49"),
        ({"levels": 40, "from_sigma": 100, "to_sigma": 1}, "the sampler has only 26 steps near enough"),
        ({"levels": 4, "from_sigma": 200}, "from sigma 200 to 0.01, but the sampler goes from 100 to 0.01"),
        ({"levels": 4, "to_sigma": 0.001}, "choose from_sigma above to_sigma"),
        ({"levels": 4, "from_sigma": 1, "to_sigma": 2}, "choose from_sigma above to_sigma"),
    ],
)
def test_what_the_schedule_lacks_is_refused(keep, sentence):
    with pytest.raises(UserError, match=sentence):
        configuration.kept_steps(keep, LEVELS)


def test_the_schedule_is_known_without_torch():
    import subprocess
    import sys
    from pathlib import Path

    scripts = Path(__file__).parents[3] / "scripts"
    modules = "musicologist.core.noise_levels, musicologist.workflow.configuration"
    program = f"import sys, {modules}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], cwd=scripts, check=True, env={"PYTHONPATH": str(scripts)})
    assert math.isclose(LEVELS[0], 100)
