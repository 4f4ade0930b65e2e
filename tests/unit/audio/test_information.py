import json
import math

import numpy as np
import pytest
from musicologist.audio import information
from musicologist.core.errors import UserError
from musicologist.figures import information as picture

torch = pytest.importorskip("torch")


def lines(path, prompts, sigmas, nats=lambda prompt, step: 2.0):
    rows = [
        {"prompt_id": prompt, "sample": sample, "step": step, "sigma": sigma, "nats": nats(prompt, step)}
        for prompt in prompts
        for sample in (0, 1)
        for step, sigma in sigmas.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


SIGMAS = {1: 40.0, 2: 10.0, 3: 2.5}


def test_shards_become_one_table_and_nats_are_widths_times_density(tmp_path):
    parts = [lines(tmp_path / "b.jsonl", [3], SIGMAS), lines(tmp_path / "a.jsonl", [0, 1], SIGMAS)]
    table = information.collected(parts)
    assert table["prompt_id"].to_pylist() == [0] * 6 + [1] * 6 + [3] * 6
    assert table["step"].to_pylist()[:6] == [1, 2, 3, 1, 2, 3]
    assert np.allclose(table["nats"], 2 * math.log(4))
    assert np.allclose(table["log_snr_db"].to_numpy()[:3], -20 * np.log10([40, 10, 2.5]))


def test_what_is_no_curve_and_what_is_no_part_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="Fewer than two steps are guided"):
        information.collected([lines(tmp_path / "a.jsonl", [0], {2: 10.0})])
    (tmp_path / "b.jsonl").write_text("no json\n")
    with pytest.raises(UserError, match=r"b\.jsonl is no readable file of JSON Lines"):
        information.collected([tmp_path / "b.jsonl"])


def test_the_integral_is_the_mutual_information_of_gaussians():
    """x0 = mean + e, the prompt tells the mean, of variance 3 beside 1: half of log(1 + 3) nats a dimension in closed form."""
    from musicologist.audio.sampler import nats
    from musicologist.generators.contract import Estimates

    random, dimensions, variance = torch.Generator().manual_seed(0), 20_000, 4.0
    mean, rest, noise = (torch.randn(1, 1, dimensions, generator=random) for _ in range(3))
    mean *= math.sqrt(variance - 1)
    total = 0.0
    grid = np.geomspace(300, 0.003, 60)
    for sigma in grid:
        state = mean + rest + sigma * noise
        told, free = mean + (state - mean) / (1 + sigma**2), state * variance / (variance + sigma**2)
        total += float(nats(Estimates(told, told, free), sigma)) * math.log(grid[0] / grid[1])
        assert nats(Estimates(told, told, None), sigma) is None
    assert total / dimensions == pytest.approx(math.log(variance) / 2, rel=0.02)


def test_the_picture_is_drawn_of_prompts_not_of_clips(tmp_path):
    table = information.collected([lines(tmp_path / "a.jsonl", range(4), SIGMAS, lambda prompt, step: prompt + step)])
    prompts, levels, density, nats = picture.by_prompt(table.to_pylist())
    assert prompts == [0, 1, 2, 3] and [level["step"] for level in levels] == [1, 2, 3]
    assert density.tolist() == [[prompt + step for step in SIGMAS] for prompt in range(4)]
    figure = picture.draw(table.to_pylist(), 100, 1, "Audio: test.")
    left, right = figure.axes[:2]
    assert left.lines[0].get_ydata().tolist() == [2.5, 3.5, 4.5]
    assert np.allclose(right.lines[0].get_ydata(), np.cumsum(nats.mean(0)))
    assert "4 prompts, 8 clips" in figure._supxlabel.get_text()
