"""Pickles without unpickling: every step on stand-ins, nothing named in a file is ever imported.

A pickle is a program for a stack machine. `Machine` runs the few steps that write plain values and
arrays; a name in the file becomes the entry of a table we wrote, or the file is refused.
"""

from __future__ import annotations

import codecs
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from .limits import Limits
from .pickle_values import (
    Bounded,
    ByteText,
    Constructible,
    Named,
    Ordered,
    StandIn,
    Streamed,
    Unordered,
)
from .refusal import RefusalError, quoted

Names = Mapping[tuple[str, str], Any]

# What these steps would do, for the refusal. Any step not listed anywhere is named as it is.
_REFUSED = {
    "INST": "builds an object", "OBJ": "builds an object", "NEWOBJ": "builds an object",
    "NEWOBJ_EX": "builds an object", "EXT1": "asks for a registered class",
    "EXT2": "asks for a registered class", "EXT4": "asks for a registered class",
    "PERSID": "refers to data outside itself", "BINPERSID": "refers to data outside itself",
    "NEXT_BUFFER": "refers to data outside itself",
    "READONLY_BUFFER": "refers to data outside itself",
}  # fmt: skip
_KEYS = (str, int, float, bool, bytes, type(None))


class Machine:
    """One pickle after another, on the same budget of steps.

    Args:
        names: by (module, name): the stand-in or plain value for it. Every other name is refused.
        refuse: makes the refusal of a name that is not listed.
        limits: the budgets.
        persistent: makes the value of a reference to data outside the pickle, where allowed.
    """

    def __init__(
        self,
        names: Names,
        refuse: Callable[[str, str], RefusalError],
        limits: Limits,
        persistent: Callable[[Any], Any] | None = None,
    ) -> None:
        self._names, self._refuse, self._persistent = names, refuse, persistent
        self._limits, self._steps_left = limits, limits.opcodes
        self._nested = False

    def run(self, stream: BinaryIO, size: int) -> Any:
        """The value of the pickle at the start of a stream that has `size` bytes left.

        Raises:
            RefusalError: it does more than write plain values and arrays.
            Exception: of any other kind, where it is damaged.
        """
        self._stream = Bounded(stream, size)
        return self._value()

    def _value(self) -> Any:
        self.stack: list[Any] = []
        self._below: list[list[Any]] = []  # stacks set aside by a mark
        self._memo: dict[int, Any] = {}
        while True:
            name, read, step = _TABLE[self._stream.read(1)]
            argument = read(self._stream) if read else None
            self._steps_left -= 1
            if self._steps_left < 0:
                raise RefusalError(
                    f"The pickle takes more than {self._limits.opcodes:,} steps; save arrays "
                    "instead of lists of numbers."
                )
            if name == "STOP":
                break
            if step is None:
                raise RefusalError(self._why_not(name, argument))
            step(self, argument)
        (value,) = self.stack
        return value

    def nested(self) -> Any:
        """The value of a pickle within this one, which cannot hold another."""
        if self._nested:
            raise RefusalError("The pickle holds a pickle that holds a pickle; it is damaged.")
        outer = self.stack, self._below, self._memo
        self._nested = True
        value = self._value()
        self._nested = False
        self.stack, self._below, self._memo = outer
        return value

    def _why_not(self, step: str, argument: Any) -> str:
        what = _REFUSED.get(step, "does more than write values")
        name = str(argument).replace(" ", ".") if step == "INST" else ""
        known = (Named, Constructible)
        if step == "NEWOBJ" and len(self.stack) > 1 and isinstance(self.stack[-2], known):
            name = self.stack[-2].title
        of = f" of class {quoted(name)}" if name else ""
        return f"The pickle {what}{of} (step {step}); only arrays and plain values are read."

    # Containers

    def mark(self) -> None:
        self._below.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """What came after the last mark."""
        items, self.stack = self.stack, self._below.pop()
        return items

    def drop_marked(self) -> None:
        self.marked()

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.marked()

    def tuple_of(self, count: int) -> None:
        items = tuple(self.stack[-count:])
        if len(items) < count:
            raise IndexError
        self.stack[-count:] = [items]

    def tuple_of_marked(self) -> None:
        items = self.marked()
        self.stack.append(tuple(items))

    def list_of_marked(self) -> None:
        items = self.marked()
        self.stack.append(items)

    def dict_of_marked(self) -> None:
        items = self.marked()
        self.stack.append({})
        self.update(items)

    def append(self) -> None:
        item = self.stack.pop()
        self.extend([item])

    def extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise RefusalError("The pickle appends to what is no list; it is damaged.")
        target.extend(items)

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.update([key, value])

    def update(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise RefusalError("The pickle sets entries of what is no dictionary; it is damaged.")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, _KEYS):
                raise RefusalError(
                    "The pickle holds a dictionary whose keys are neither texts nor numbers."
                )
            target[key] = value

    # Memo

    def keep(self, number: int | None) -> None:
        """Keep the value on top, under the next number where None."""
        if len(self._memo) >= self._limits.memo:
            raise RefusalError(
                f"The pickle keeps more than {self._limits.memo:,} values for later use."
            )
        self._memo[len(self._memo) if number is None else number] = self.stack[-1]

    def fetch(self, number: int) -> None:
        self.stack.append(self._memo[number])

    # Names, calls, state

    def name(self, module: Any, name: Any) -> None:
        if not isinstance(name, str) or not isinstance(module, str):
            raise RefusalError("The pickle names something by what is no text; it is damaged.")
        if (module, name) not in self._names:
            raise self._refuse(module, name)
        self.stack.append(self._names[module, name])

    def name_on_stack(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.name(module, name)

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Named) or function.call is None:
            what = function.title if isinstance(function, StandIn) else "a plain value"
            raise RefusalError(f"The pickle calls {what}, which is not allowed.")
        if type(arguments) is not tuple:
            raise RefusalError("The pickle calls something with what is no list of arguments.")
        self.stack.append(function.call(*arguments))

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, (StandIn, Ordered)):
            raise RefusalError("The pickle sets the state of a plain value, which is not allowed.")
        target.build(state)
        if isinstance(target, Streamed):
            self.stack[-1] = target.read(self._stream, self.nested)

    def new_object(self) -> None:
        arguments, kind = self.stack[-1], self.stack[-2]
        if not isinstance(kind, Constructible) or arguments != ():
            raise RefusalError(self._why_not("NEWOBJ", None))
        self.stack[-2:] = [kind.make()]

    def frozen_set(self) -> None:
        self.marked()
        self.stack.append(Unordered())

    def add_to_set(self) -> None:
        self.marked()
        if not isinstance(self.stack[-1], Unordered):
            raise RefusalError("The pickle adds to what is no set; it is damaged.")

    def refer(self) -> None:
        if self._persistent is None:
            raise RefusalError(self._why_not("BINPERSID", None))
        self.stack.append(self._persistent(self.stack.pop()))


def _push(machine: Machine, value: Any) -> None:
    machine.stack.append(value)


def _push_bytes(machine: Machine, text: str) -> None:
    machine.stack.append(ByteText(text))


def _quoted_bytes(stream: Any) -> str:
    """A line of Python 2 with a text in quotes; `pickletools` would take ASCII only."""
    line = stream.readline().rstrip(b"\r\n")
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[:1] != line[-1:]:
        raise ValueError
    raw, _ = codecs.escape_decode(line[1:-1])
    return raw.decode("latin-1")


def _nothing(machine: Machine, argument: Any) -> None:
    del machine, argument


# Every step that is taken, by the name that `pickletools` gives it.
_STEPS: dict[str, Callable[[Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), _nothing),
    **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"), _push),
    **dict.fromkeys(("FLOAT", "BINFLOAT"), _push),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"), _push),
    **dict.fromkeys(("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"), _push),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), _push_bytes),
    "NONE": lambda m, _: m.stack.append(None),
    "NEWTRUE": lambda m, _: m.stack.append(True),
    "NEWFALSE": lambda m, _: m.stack.append(False),
    "MARK": lambda m, _: m.mark(),
    "POP": lambda m, _: m.pop(),
    "POP_MARK": lambda m, _: m.drop_marked(),
    "DUP": lambda m, _: m.stack.append(m.stack[-1]),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "LIST": lambda m, _: m.list_of_marked(),
    "APPEND": lambda m, _: m.append(),
    "APPENDS": lambda m, _: m.extend(m.marked()),
    "EMPTY_TUPLE": lambda m, _: m.stack.append(()),
    "TUPLE": lambda m, _: m.tuple_of_marked(),
    "TUPLE1": lambda m, _: m.tuple_of(1),
    "TUPLE2": lambda m, _: m.tuple_of(2),
    "TUPLE3": lambda m, _: m.tuple_of(3),
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "DICT": lambda m, _: m.dict_of_marked(),
    "SETITEM": lambda m, _: m.set_item(),
    "SETITEMS": lambda m, _: m.update(m.marked()),
    "MEMOIZE": lambda m, _: m.keep(None),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), Machine.keep),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), Machine.fetch),
    "GLOBAL": lambda m, argument: m.name(*argument.partition(" ")[::2]),
    "STACK_GLOBAL": lambda m, _: m.name_on_stack(),
    "REDUCE": lambda m, _: m.reduce(),
    "BUILD": lambda m, _: m.build(),
    "NEWOBJ": lambda m, _: m.new_object(),
    "EMPTY_SET": lambda m, _: m.stack.append(Unordered()),
    "ADDITEMS": lambda m, _: m.add_to_set(),
    "FROZENSET": lambda m, _: m.frozen_set(),
    "BINPERSID": lambda m, _: m.refer(),
}

# By its first byte: the name of a step, the function that reads its argument, what is done.
_TABLE: dict[bytes, tuple[str, Any, Callable[[Machine, Any], None] | None]] = {
    opcode.code.encode("latin-1"): (
        opcode.name,
        _quoted_bytes if opcode.name == "STRING" else opcode.arg and opcode.arg.reader,
        _STEPS.get(opcode.name),
    )
    for opcode in pickletools.opcodes
}
