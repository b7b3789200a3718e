"""A TCP proxy that adds a round-trip time, connection set-up included.

    delay_proxy.py RTT_MS LISTEN:TARGET ...

Every byte waits RTT/2 each way; the first byte of a client also waits one RTT, for the handshake
that a far server would have cost. LISTEN and TARGET are ports on 127.0.0.1. SIGUSR1 prints the
number of connections per target and starts counting anew.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
Chunks = asyncio.Queue[tuple[float, bytes]]


async def send_later(chunks: Chunks, writer: asyncio.StreamWriter) -> None:
    """Write each chunk at its time; an empty one ends the direction."""
    loop = asyncio.get_running_loop()
    while True:
        due, data = await chunks.get()
        await asyncio.sleep(max(0.0, due - loop.time()))
        if not data:
            if writer.can_write_eof():
                writer.write_eof()
            return
        writer.write(data)


async def pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, delay: float, ready: float
) -> None:
    """Copy one direction, ``delay`` seconds late, nothing before ``ready``."""
    loop = asyncio.get_running_loop()
    chunks: Chunks = asyncio.Queue()
    sending = asyncio.create_task(send_later(chunks, writer))
    try:
        while True:
            data = await reader.read(1 << 16)
            chunks.put_nowait((max(loop.time(), ready) + delay, data))
            if not data:
                break
    except OSError:
        chunks.put_nowait((0.0, b""))
    await sending


def handler(target: int, rtt: float, counts: dict[int, int]) -> Handler:
    """What to do with each connection to one listener."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counts[target] = counts.get(target, 0) + 1
        ready = asyncio.get_running_loop().time() + rtt
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            pump(reader, far_writer, delay=rtt / 2, ready=ready),
            pump(far_reader, writer, delay=rtt / 2, ready=0.0),
            return_exceptions=True,
        )
        writer.close()
        far_writer.close()

    return handle


async def serve(rtt: float, pairs: list[str]) -> None:
    """Listen on every pair until killed."""
    counts: dict[int, int] = {}
    for pair in pairs:
        listen, target = map(int, pair.split(":"))
        await asyncio.start_server(handler(target, rtt, counts), "127.0.0.1", listen)

    def show() -> None:
        print(counts, flush=True)
        counts.clear()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, show)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) / 1000.0, sys.argv[2:]))
