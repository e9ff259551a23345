"""Is there a Dask scheduler at this address? Asked at once, before anything slow begins."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from typing import Any

from lrp_engine.corpora.source import reason
from lrp_engine.errors import InputError

# For the name, the connection and the greeting together. Dask itself waits without end for a
# greeting, and 40 seconds where nobody knows the name.
GREETING_SECONDS = 2.5
TLS = "docs/corpora.md says which settings name them, under 'More than one machine'."
EXPECTED = "expected the address that `dask scheduler` prints, such as tcp://10.0.0.1:8786"
OVER_NETWORK = ("tcp", "tls", "ws", "wss")


def check_scheduler(address: str) -> None:
    """Ask who is there; answers within `GREETING_SECONDS`.

    Args:
        address: such as "tcp://10.0.0.1:8786".

    Raises:
        InputError: Dask is not installed, its certificates do not fit, or no scheduler answers.
    """
    if not isinstance(address, str):
        raise InputError(f"scheduler is {address!r:.60}; {EXPECTED}.")
    distributed = dask()
    check_encryption(distributed, address)
    deadline = time.monotonic() + GREETING_SECONDS
    who: Any = None
    with silent():
        try:
            _reach(distributed, address, deadline)
            who = _in_thread(lambda: _greeting(distributed, address, deadline), deadline)
        except (OSError, ValueError) as error:
            found = _cause(error)
        except Exception:  # noqa: BLE001 - what another program answers, read as Dask's words
            found = "what answers there speaks another language than Dask"
        else:
            found = f"a Dask {str(who.get('type')).lower():.20} is there, not a scheduler"
            if who.get("type") == "Scheduler":
                return
    raise InputError(
        f"No Dask scheduler answers at {address!r:.200}: {found}; {EXPECTED}. Start one, or look "
        "whether this machine reaches it."
    )


def dask() -> Any:
    """The package `distributed`.

    Raises:
        InputError: it is not installed.
    """
    try:
        import distributed
    except ImportError:
        raise InputError(
            "--scheduler needs Dask; install it with: pip install 'dask[distributed]'"
        ) from None
    return distributed


def silent() -> Any:
    """Keep Dask's log, tracebacks included, off stderr: what matters becomes a sentence."""
    from distributed.utils import silence_logging_cmgr

    return silence_logging_cmgr(logging.CRITICAL + 1)


def check_encryption(distributed: Any, address: str) -> None:
    """Stop where Dask's configuration cannot talk to this address; Dask's own words are no help.

    Raises:
        InputError: certificates are missing, damaged or of no use there.
    """
    try:
        with_tls = distributed.Security().get_connection_args("client")
    except (OSError, ValueError) as error:  # a file that is missing, or no certificate
        raise InputError(
            f"The TLS certificates in Dask's configuration cannot be used: {reason(error)} {TLS}"
        ) from None
    encrypted = address.startswith("tls:")
    if encrypted and with_tls.get("ssl_context") is None:
        raise InputError(f"{address!r} needs TLS certificates, and none are configured. {TLS}")
    if with_tls.get("require_encryption") and not encrypted:
        raise InputError(
            f"Dask's configuration requires encryption, but {address!r} has none; start the "
            "scheduler with --protocol tls and give a tls:// address."
        )


def _cause(error: BaseException) -> str:
    while isinstance(error.__cause__, Exception):  # Dask's words, and what the system said
        error = error.__cause__
    if isinstance(error, TimeoutError):
        return f"nothing answered within {GREETING_SECONDS:g} seconds"
    return reason(error).removesuffix(".")


def _reach(distributed: Any, address: str, deadline: float) -> None:
    """Look the host up, and see that a program listens there.

    A thread of Dask's that waits for a name server could not be left alone, and a refusal Dask
    tries again until its time is over, after which it may know of that alone.

    Raises:
        OSError, ValueError: nobody knows it, nobody listens there, or the address is none.
    """
    scheme, place = distributed.comm.addressing.parse_address(address)
    distributed.comm.registry.get_backend(scheme)  # says which there are
    if scheme not in OVER_NETWORK:
        return
    to = distributed.comm.addressing.parse_host_port(place)
    _in_thread(lambda: socket.create_connection(to, GREETING_SECONDS).close(), deadline)


def _greeting(distributed: Any, address: str, deadline: float) -> Any:
    """What is there says of itself, as a dictionary."""
    from distributed.comm import connect

    with_tls = distributed.Security().get_connection_args("client")

    async def asked() -> Any:
        # Dask tries again until its time is over, and then knows why; that is sooner than ours is.
        soon = 0.8 * max(0.1, deadline - time.monotonic())
        # Nothing that a stranger sends is unpickled.
        comm = await connect(address, timeout=soon, deserialize=False, **with_tls)
        try:
            await comm.write({"op": "identity", "reply": True})
            return await comm.read()
        finally:
            comm.abort()

    loop = asyncio.new_event_loop()  # a notebook has one of its own, running
    try:
        left = max(0.1, deadline - time.monotonic())
        return loop.run_until_complete(asyncio.wait_for(asked(), left))
    finally:
        loop.close()


def _in_thread(call: Any, deadline: float) -> Any:
    """What a call returns or raises, in time or not at all: what it waits for then nobody ends.

    Raises:
        TimeoutError: it takes longer.
    """
    returned: list[Any] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again, by the caller
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(0.1, deadline - time.monotonic() + 0.2))
    if raised:
        raise raised[0]
    if not returned:
        raise TimeoutError
    return returned[0]
