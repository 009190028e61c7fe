"""The error tree. Every message is fit to show to a person: what is wrong, where, and how to mend it.

    EspalierError
    ├── BadInput            a file, line or field that a person gave us
    │   └── BadConfig       a run config or a setting
    ├── WorkspaceBusy       another process owns the workspace
    ├── NotFound            an id or a name that is not in the workspace
    ├── PromptError         a prompt file that cannot be loaded or rendered
    ├── ModelError          the endpoint cannot be used at all (key, quota, address)
    ├── BudgetReached       what a run may use is used up
    ├── CannotWrite         a file of a run cannot be written (full disk, read-only folder)
    ├── SandboxUnavailable  no isolation can be had on this machine
    └── SandboxFault        the sandbox itself fails too often to go on

A failed program is a `Verdict` and an unusable reply is a `Dropped` record; neither is an exception.
"""


class EspalierError(Exception):
    """Base of every error that Espalier raises on purpose."""


class BadInput(EspalierError):
    """Input from a person that cannot be used; nothing was stored or changed."""


class BadConfig(BadInput):
    """A run config or setting that cannot be used."""


class WorkspaceBusy(EspalierError):
    """Another process has the workspace open."""


class NotFound(EspalierError):
    """Something was named that the workspace does not hold."""


class PromptError(EspalierError):
    """A prompt file is missing, malformed, or was rendered with the wrong inputs."""


class ModelError(EspalierError):
    """The model endpoint cannot be used; the run stops rather than fail every item in turn."""


class BudgetReached(EspalierError):
    """What a run may use is used up; it stops after what is in flight, and goes on where more is allowed."""


class CannotWrite(EspalierError):
    """A file of a run cannot be written: nothing more is asked, and what is written stays."""


class SandboxUnavailable(EspalierError):
    """No sandbox can be had here; untrusted code is not run without one."""


class SandboxFault(EspalierError):
    """The sandbox itself failed too often; the run stops, and what is done stays done."""
