"""Numbers on the command line that are far too large are one line, and nothing is begun."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "--suite", "lt-digits", "--replicates", "1000000000"), "1<=x<=200"),
        (("plan", "--suite", "lt-digits", "--first-replicate", str(10**30)), "0<=x<=1000000000"),
        (("run", "--suite", "lt-digits", "--workers", "1000000000"), "1<=x<=10000"),
        (("run", "--suite", "lt-digits", "--max-units", "1" + "0" * 30), "1<=x<=1000000"),
        (("run", "--suite", "lt-digits", "--workers", "9" * 5000), "is not a valid integer"),
        (("run", "--suite", "lt-digits", "--time-budget", "9" * 400 + "h"), "is no duration"),
        (("show", "arch", "nats-tss", "x", "--depth", "1000000000"), "1<=x<=1000"),
        (("show", "baseline", "x", "--resolution", "1000000000"), "1<=x<=4096"),
        (("correlate", "t.csv", "--x", "a", "--y", "b", "--seed", "1" + "0" * 30), "0<=x<="),
        (("correlate", "t.csv", "--x", "a", "--y", "b", "--resamples", "1000000000"), "x<=1000000"),
        (("fidelity", "--against", "t.csv", "--cells", "1000000000"), "2<=x<=100000"),
        (("fidelity", "--against", "t.csv", "--seed", "1" + "0" * 30), "0<=x<="),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_number_far_too_large_is_refused_with_its_range(arguments, said, bench, tmp_path):
    done = bench(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
