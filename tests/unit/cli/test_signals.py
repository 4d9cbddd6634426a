"""Signals that arrive while a person is asked."""

import os
import signal
import threading

import pytest

from userctl.cli.signals import wake_at_signals


def test_a_signal_that_arrives_just_before_a_read_ends_it() -> None:
    reading, writing = os.pipe()
    begun, ended, typed = threading.Event(), threading.Event(), threading.Event()

    def interrupt() -> None:
        begun.wait()
        # This thread gets the signal, so that it does not interrupt the read of the other one: as
        # if it had come after the last moment at which Python looked for signals.
        os.kill(os.getpid(), signal.SIGINT)
        if not ended.wait(20):
            typed.set()
            os.write(writing, b"typed\n")

    def read() -> None:
        with wake_at_signals():
            begun.set()
            os.read(reading, 6)

    thread = threading.Thread(target=interrupt)
    thread.start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with pytest.raises(KeyboardInterrupt):
            read()
        assert not typed.is_set()
    finally:
        ended.set()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        thread.join()
        os.close(reading)
        os.close(writing)


def test_what_waits_for_no_person_is_not_woken() -> None:
    with wake_at_signals():
        assert signal.getitimer(signal.ITIMER_REAL) != (0, 0)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
