import threading

import pytest

from infra_audit.collectors.aws.throttle import Bucket, Limits, Throttle

LANE = ("123456789012", "ec2", "eu-west-1")
NEIGHBOUR = ("123456789012", "ec2", "us-east-1")


class StoppedClock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_second_s_worth_goes_at_once_and_then_one_by_one():
    bucket = Bucket(per_second=2, now=0)

    assert [bucket.take(0) for _ in range(5)] == [0, 0, 0.5, 1.0, 1.5]


def test_a_pause_gives_back_no_more_than_a_second_s_worth():
    bucket = Bucket(per_second=2, now=0)

    assert [bucket.take(1000) for _ in range(3)] == [0, 0, 0.5]


def test_a_clock_that_goes_back_gives_nothing():
    bucket = Bucket(per_second=1, now=100)

    assert [bucket.take(100), bucket.take(50)] == [0, 1.0]


def test_each_service_and_region_has_its_own_pace():
    throttle = Throttle(Limits(lane_per_second=1, overall_per_second=1000), StoppedClock())
    assert throttle.delay(LANE) == 0

    assert throttle.delay(LANE) == 1.0
    assert throttle.delay(NEIGHBOUR) == 0


def test_all_together_keep_the_overall_pace():
    throttle = Throttle(Limits(lane_per_second=1000, overall_per_second=2), StoppedClock())

    assert [throttle.delay(LANE), throttle.delay(NEIGHBOUR), throttle.delay(LANE)] == [0, 0, 0.5]


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
