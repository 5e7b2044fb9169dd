"""Results come in order, a few at once, and nothing is left running behind them."""

import threading
import time

import pytest

from drumscribe.utils.overlap import overlapped


def counted(n_items, read):
    """The numbers below ``n_items``, each noted in ``read`` as it is taken."""
    for number in range(n_items):
        read.append(number)
        yield number


def square(number):
    time.sleep(0.002 * (number % 3))  # so that later ones end before earlier ones
    return number**2


@pytest.mark.parametrize("n_items", [0, 1, 2, 3, 4, 11])
@pytest.mark.parametrize("n_at_once", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(n_items, n_at_once):
    found = list(overlapped(square, range(n_items), n_at_once=n_at_once))
    assert found == [number**2 for number in range(n_items)]


def test_calls_run_at_the_same_time():
    both = threading.Barrier(2, timeout=30)  # which one alone would never pass
    assert len(list(overlapped(lambda _: both.wait(), range(4), n_at_once=2))) == 4


def test_one_at_once_stays_in_the_thread_of_the_caller():
    threads = set(overlapped(lambda _: threading.get_ident(), range(3), n_at_once=1))
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize(("n_at_once", "n_ahead"), [(1, 1), (2, 3), (3, 4)])
def test_items_are_read_only_a_few_ahead(n_at_once, n_ahead):
    read = []
    for n_given, _ in enumerate(overlapped(square, counted(20, read), n_at_once=n_at_once)):
        assert len(read) <= n_given + n_ahead


@pytest.mark.parametrize("n_at_once", [1, 2, 3])
def test_an_error_of_the_function_comes_in_its_place(n_at_once):
    def reciprocal(number):
        return 1 / (number - 5)

    found = []
    with pytest.raises(ZeroDivisionError):
        for value in overlapped(reciprocal, range(50), n_at_once=n_at_once):
            found.append(value)
    assert found == [1 / (number - 5) for number in range(5)]


@pytest.mark.parametrize("n_at_once", [1, 2])
def test_an_error_of_the_items_is_the_callers(n_at_once):
    def items():
        yield from range(4)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(overlapped(square, items(), n_at_once=n_at_once))


def test_whoever_stops_asking_ends_the_work():
    read, called = [], []
    n_threads = threading.active_count()
    results = overlapped(called.append, counted(100, read), n_at_once=2)
    next(results)
    results.close()
    assert len(called) <= len(read) == 3
    assert threading.active_count() == n_threads
