"""The child's side of a worker process: builds one engine, then answers requests one at a time until its parent leaves.

It knows no engine: the first frame names a factory ("module:callable") that gives a table of operations. A reader
thread takes frames from the pipe; the main loop alone answers them, pings included, so an answered ping proves that the
main loop lives. When the pipe ends the reader ends the process at once, even in the middle of a computation; on Linux
the kernel does the same should the parent die while the interpreter lock is held.

Libraries in C print on descriptor 1 when they like. The protocol therefore moves to a private copy of it, and
descriptor 1 becomes a second standard error. Standard input is emptied for the same reason.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from voice_app.errors import VoiceAppError
from voice_app.speech import frames

Operations = Mapping[str, Callable[[Any], Any]]
"""What a factory gives back: the operations of its engine, each with one payload."""

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve the parent at the other end of standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent closes us in order
    die_with_parent()
    source, sink = take_over_pipes()
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    setup = read_frame(source)
    if setup is None:
        return
    threading.Thread(target=read_until_parent_leaves, args=(source, inbox), daemon=True).start()
    operations: Operations = {}
    try:
        operations = build(setup)
        answer: frames.Done | frames.Refused = frames.Done(None)
    except Exception as error:  # noqa: BLE001 the rim: the parent decides what a failed start means
        answer = refusal(error)
    send(sink, answer)
    while not isinstance(answer, frames.Refused):
        send(sink, carry_out(inbox.get(), operations))


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere the end of the pipe has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Give private copies of the two pipes, and lead descriptors 0 and 1 elsewhere."""
    source, sink = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 a device, not a path of ours
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")


def read_frame(source: BinaryIO) -> Any:
    """Give the next value, or None when the pipe has ended."""
    head = source.read(frames.LENGTH.size)
    if len(head) < frames.LENGTH.size:
        return None
    (length,) = frames.LENGTH.unpack(head)
    body = source.read(length)
    return frames.unpack(body) if len(body) == length else None


def read_until_parent_leaves(source: BinaryIO, inbox: queue.SimpleQueue[Any]) -> None:
    while (value := read_frame(source)) is not None:
        inbox.put(value)
    os._exit(0)


def build(setup: frames.Setup) -> Operations:
    module, _, name = setup.factory.partition(":")
    operations: Operations = getattr(importlib.import_module(module), name)(**setup.arguments)
    return operations


def carry_out(request: frames.Request, operations: Operations) -> frames.Done | frames.Refused:
    if request.operation == frames.PING:
        return frames.Done(None)
    try:
        return frames.Done(operations[request.operation](request.payload))
    except Exception as error:  # noqa: BLE001 the rim of one request: everything is told to the parent
        return refusal(error)


def refusal(error: Exception) -> frames.Refused:
    trace = "".join(traceback.format_exception(error))
    own: Exception | None = None
    if isinstance(error, VoiceAppError):
        with contextlib.suppress(Exception):  # an error that cannot travel is told by its description
            own = pickle.loads(pickle.dumps(error))  # noqa: S301 our own bytes, a trial of the journey
    return frames.Refused(own, f"{type(error).__name__}: {error}", trace)


def send(sink: BinaryIO, answer: frames.Done | frames.Refused) -> None:
    try:
        packet = frames.pack(answer)
    except Exception as error:  # noqa: BLE001 a result that cannot travel is a failed request, not a dead worker
        packet = frames.pack(refusal(error))
    with contextlib.suppress(BrokenPipeError):  # the parent has left; the reader ends the process
        sink.write(packet)
        sink.flush()


if __name__ == "__main__":
    main()
