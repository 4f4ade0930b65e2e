import numpy as np
import pytest
from musicologist.statistics import curves
from scipy.optimize import curve_fit
from sklearn.isotonic import IsotonicRegression

LOG_SIGMA = np.log(np.geomspace(100, 0.5, 12))


def logistic(x, floor, ceiling, midpoint, width):
    return floor + (ceiling - floor) / (1 + np.exp((x - midpoint) / width))


def noisy_curves(number=40, seed=0):
    rng = np.random.default_rng(seed)
    return logistic(LOG_SIGMA, 0.5, 0.9, 2.0, 0.6) + rng.normal(0, 0.05, (number, len(LOG_SIGMA)))


def test_isotonic_curves_are_scikit_learns():
    found = curves.isotonic(noisy_curves())
    x = np.arange(len(LOG_SIGMA))
    expected = [IsotonicRegression().fit_transform(x, curve) for curve in noisy_curves()]
    assert np.abs(found - expected).max() < 1e-12


def test_logistics_are_scipys():
    some = noisy_curves()
    found = curves.fit_logistic(LOG_SIGMA, some)
    for number, curve in enumerate(some):
        spacing, span = LOG_SIGMA[0] - LOG_SIGMA[1], LOG_SIGMA[0] - LOG_SIGMA[-1]
        bounds = ([-9, -9, LOG_SIGMA[-1], spacing / 4], [9, 9, LOG_SIGMA[0], span])
        expected, _ = curve_fit(logistic, LOG_SIGMA, curve, [0.5, 0.9, 2.0, 0.6], bounds=bounds)
        mine = [getattr(found, name)[number] for name in ("floor", "ceiling", "midpoint", "width")]
        error = ((found.values(LOG_SIGMA)[number] - curve) ** 2).sum()
        inside = expected[3] > spacing / 4 * 1.001  # on the bound of the width the two stop at different points of it
        assert error <= ((logistic(LOG_SIGMA, *expected) - curve) ** 2).sum() + (1e-7 if inside else 1e-4)
        assert mine[2] == pytest.approx(expected[2], abs=1e-3 if inside else 0.05)


def test_a_logistic_without_noise_is_found_exactly_and_a_falling_curve_has_none():
    exact = curves.fit_logistic(LOG_SIGMA, logistic(LOG_SIGMA, 0.55, 0.93, 1.3, 0.4)[None])
    assert exact.midpoint[0] == pytest.approx(1.3, abs=1e-6)
    assert (exact.floor[0], exact.ceiling[0], exact.width[0]) == pytest.approx((0.55, 0.93, 0.4), abs=1e-6)
    none = curves.fit_logistic(LOG_SIGMA, np.stack([logistic(-LOG_SIGMA, 0.5, 0.9, 0, 1), np.full(12, np.nan)]))
    assert np.isnan(none.midpoint).all()


def test_the_half_rise_of_a_straight_line_is_its_middle():
    line = np.linspace(0.5, 0.9, len(LOG_SIGMA))
    assert curves.half_rise(LOG_SIGMA, line[None])[0] == pytest.approx(LOG_SIGMA.mean(), abs=1e-9)


def test_a_half_rise_on_a_plateau_is_its_middle_and_a_jump_is_between_its_levels():
    x = np.array([4.0, 3.0, 2.0, 1.0, 0.0])
    plateau = np.array([[0.5, 0.7, 0.7, 0.7, 0.9], [0.5, 0.5, 0.5, 0.9, 0.9]])
    assert curves.half_rise(x, plateau) == pytest.approx([2.0, 1.5])


def test_curves_that_do_not_rise_have_no_half_rise():
    x = np.array([2.0, 1.0, 0.0])
    assert np.isnan(curves.half_rise(x, np.array([[0.7, 0.7, 0.7], [0.9, 0.7, 0.5], [0.5, np.nan, 0.9]]))).all()


def test_half_of_the_excess_has_chance_as_its_floor_and_is_censored_at_the_first_level():
    x = np.array([4.0, 3.0, 2.0, 1.0, 0.0])
    some = np.array(
        [
            [0.5, 0.5, 0.6, 0.7, 0.7],  # half of .2 at the third level
            [0.8, 0.8, 0.85, 0.9, 0.9],  # three quarters are there at the first
            [0.99, 0.91, 0.95, 0.99, 0.99],  # a dip changes nothing
            [0.5, 0.6, 0.5, 0.4, 0.3],
            [0.5, 0.6, np.nan, 0.7, 0.8],
        ]
    )
    assert np.array_equal(curves.half_excess(x, some), [2.0, 4.0, 4.0, -np.inf, np.nan], equal_nan=True)


def test_a_curve_that_falls_by_more_than_its_error_is_not_monotone():
    rng = np.random.default_rng(0)
    truth = np.array([0.9, 0.6, 0.7, 0.9])
    falling = np.concatenate([truth[None], rng.normal(truth, 0.03, (400, 4))])
    assert curves.p_monotone(falling) < 0.01
    unsure = np.concatenate([truth[None], rng.normal(truth, 0.3, (400, 4))])
    assert curves.p_monotone(unsure) > 0.2
    assert curves.p_monotone(np.sort(falling, axis=1)) == 1
    assert np.isnan(curves.p_monotone(np.full((5, 4), np.nan)))
