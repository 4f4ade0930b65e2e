import math

import pytest
from musicologist.statistics import distributions
from scipy import special


@pytest.mark.parametrize("freedom", [1, 1.7, 4, 9.3, 30, 119.5, 2000, 1e6, math.inf])
@pytest.mark.parametrize("probability", [1e-6, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999])
def test_quantiles_of_students_t_are_scipys(freedom, probability):
    expected = special.stdtrit(freedom, probability) if math.isfinite(freedom) else special.ndtri(probability)
    found = distributions.student_quantile(freedom, probability)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert distributions.student(freedom, found) == pytest.approx(probability, rel=1e-9)


def test_the_normal_probability_is_scipys_far_out_too():
    for value in (-9, -3, -0.1, 0, 2.5, 6):
        assert distributions.normal(value) == pytest.approx(special.ndtr(value), rel=1e-12)


@pytest.mark.parametrize(("freedom", "probability"), [(5, 0), (5, 1), (5, float("nan")), (0, 0.5), (float("nan"), 0.5)])
def test_what_has_no_quantile_is_nan(freedom, probability):
    assert math.isnan(distributions.student_quantile(freedom, probability))
