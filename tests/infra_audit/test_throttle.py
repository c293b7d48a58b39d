import threading

import pytest

from infra_audit.collectors.aws.throttle import Limits, Throttle, Window

LANE = ("123456789012", "ec2", "eu-west-1")
NEIGHBOUR = ("123456789012", "ec2", "us-east-1")
OTHER_ACCOUNT = ("210987654321", "ec2", "eu-west-1")


class Clock:
    """Time passes while somebody sleeps, and never else."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


def moments(limits, lanes):
    """When each request was let through, in seconds after the start."""
    clock = Clock()
    throttle = Throttle(limits, clock, clock.sleep)
    told = []
    for lane in lanes:
        throttle.pace(lane)
        told.append(round(clock.now - 100, 6))
    return told


def most_in_a_second(told):
    return max(sum(start <= one < start + 1 for one in told) for start in told)


def test_a_second_s_worth_goes_at_once_and_the_next_a_second_later():
    assert moments(Limits(lane_per_second=2), [LANE] * 5) == [0, 0, 1, 1, 2]


def test_after_a_pause_there_is_no_more_than_a_second_s_worth():
    window = Window(per_second=2)
    for now in (0, 0, 1000, 1000):
        assert window.wait(now) == 0
        window.let_through(now)

    assert window.wait(1000.5) == 0.5


@pytest.mark.parametrize("rate", [0.5, 2.5, 7])
def test_what_is_no_whole_number_is_kept_over_time(rate):
    told = moments(Limits(lane_per_second=rate), [LANE] * 100)

    assert 99 / rate >= told[-1] > 90 / rate


def test_each_service_region_and_account_has_its_own_pace():
    lanes = [LANE, NEIGHBOUR, OTHER_ACCOUNT]

    assert moments(Limits(lane_per_second=1), lanes * 2) == [0, 0, 0, 1, 1, 1]


def test_all_together_keep_the_overall_pace():
    limits = Limits(lane_per_second=1000, overall_per_second=2)

    assert moments(limits, [LANE, NEIGHBOUR, LANE]) == [0, 0, 1]


def test_in_no_second_are_there_more_than_allowed_in_a_lane_nor_in_all():
    lanes = [(f"{account:012}", "ec2", "eu-west-1") for account in range(3)]
    order = [lanes[(n * n) % 3] for n in range(500)]

    told = moments(Limits(lane_per_second=20, overall_per_second=30), order)

    assert most_in_a_second(told) <= 30
    for lane in lanes:
        assert most_in_a_second([at for at, one in zip(told, order, strict=True) if one == lane] or [0]) <= 20


def test_at_once_from_many_threads_there_are_no_more_than_allowed_either():
    clock = Clock()
    throttle = Throttle(Limits(lane_per_second=20), clock, lambda _: (_ for _ in ()).throw(TimeoutError))
    passed, lock = [], threading.Lock()

    def send():
        try:
            throttle.pace(LANE)
        except TimeoutError:
            return
        with lock:
            passed.append(1)

    threads = [threading.Thread(target=send) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(passed) == 20


def test_without_a_ceiling_nobody_waits():
    assert set(moments(Limits(lane_per_second=0, overall_per_second=0), [LANE] * 1000)) == {0}


def test_unless_somebody_says_otherwise_it_is_twenty_a_lane_and_a_hundred_in_all():
    assert (Limits().lane_per_second, Limits().overall_per_second) == (20, 100)


@pytest.mark.parametrize(
    ("limits", "lanes"),
    [(Limits(lane_at_once=2), [LANE] * 6), (Limits(overall_at_once=2), [LANE, NEIGHBOUR] * 3)],
)
def test_no_more_calls_are_under_way_than_allowed(limits, lanes):
    throttle = Throttle(limits)
    under_way = threading.Semaphore(0)
    most, now, lock, go = [0], [0], threading.Lock(), threading.Event()

    def call(lane):
        with throttle.slot(lane):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            under_way.release()
            go.wait(10)
            with lock:
                now[0] -= 1

    threads = [threading.Thread(target=call, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    for _ in range(2):
        assert under_way.acquire(timeout=10)
    go.set()
    for thread in threads:
        thread.join(10)

    assert most[0] == 2


def test_a_slot_is_given_back_after_an_error():
    throttle = Throttle(Limits(lane_at_once=1))

    for _ in range(3):
        with pytest.raises(RuntimeError, match="refused"), throttle.slot(LANE):
            raise RuntimeError("refused")
    with throttle.slot(LANE):
        pass
