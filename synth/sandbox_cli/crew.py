"""The threads that wait for the sandbox: items in, what came of them out, in whatever order they end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Ended(Generic[Task, Result]):
    """A task and its result, or what went wrong with it."""

    task: Task
    result: Result | None
    error: BaseException | None = None


class Crew(Generic[Task, Result]):
    """Runs tasks in threads that never keep the process from ending."""

    def __init__(self, workers: int, work: Callable[[Task], Result]) -> None:
        self._work = work
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        self._ended: SimpleQueue[Ended[Task, Result]] = SimpleQueue()
        self.busy = 0
        """Tasks given that have not come back."""
        for _ in range(workers):
            threading.Thread(target=self._serve, daemon=True).start()

    def give(self, task: Task) -> None:
        """Have a task done by the next thread that is free."""
        self.busy += 1
        self._tasks.put(task)

    def next(self, seconds: float) -> Ended[Task, Result] | None:
        """The next task that ended; None where none does so in time."""
        try:
            ended = self._ended.get(timeout=seconds)
        except Empty:
            return None
        self.busy -= 1
        return ended

    def forget_waiting(self) -> None:
        """Take back the tasks that no thread has begun."""
        while True:
            try:
                self._tasks.get_nowait()
            except Empty:
                return
            self.busy -= 1

    def _serve(self) -> None:
        while True:
            task = self._tasks.get()
            try:
                self._ended.put(Ended(task, self._work(task)))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
                self._ended.put(Ended(task, None, error))
