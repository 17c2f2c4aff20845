"""When sessions were, as far as it is known: by hand."""

import pandas as pd
import pytest

from analysis.statistics.moments import moments


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (["01 08:00", "01 09:00"], ["01 08:00", "01 09:00"]),
        (["01 00:00", "01 09:00", "02 09:00"], ["01 00:00", "01 00:00", "02 09:00"]),
        (["01 00:00", "02 00:00"], ["01 00:00", "02 00:00"]),
        (["01 08:00", "01 08:00"], ["01 08:00", "01 08:00"]),
    ],
    ids=["clock times", "one without", "dates", "one start"],
)
def test_a_moment_is_a_start_or_the_date_where_the_order_is_not_known(starts, expected):
    starts, expected = (
        pd.Series(pd.to_datetime([f"2026-03-{start}" for start in times]))
        for times in (starts, expected)
    )
    pd.testing.assert_series_equal(moments(starts), expected)


def test_another_series_is_no_part_of_a_date():
    starts = pd.Series(pd.to_datetime(["2026-03-01 00:00", "2026-03-01 09:00"]))
    assert moments(starts, [pd.Series(["hip", "calf"])]).to_list() == starts.to_list()
