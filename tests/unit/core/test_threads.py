import threading
import time

import pytest
from musicologist.core import threads


def test_work_in_threads_comes_back_in_order_and_no_further_ahead_than_asked():
    begun = []

    def work(number):
        begun.append((number, threading.current_thread()))
        time.sleep(0.02 * (number % 3 == 0))
        return number**2

    found = threads.in_order(work, range(20), threads=4, ahead=5)
    assert next(found) == 0
    assert {number for number, _ in begun} <= set(range(6))
    assert list(found) == [number**2 for number in range(1, 20)]
    assert threading.current_thread() not in {thread for _, thread in begun}
    with pytest.raises(ZeroDivisionError):
        list(threads.in_order(lambda number: 1 / number, [1, 0, 2], threads=2))
