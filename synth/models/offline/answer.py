"""answer_instruction: from the text of a question to a full answer, explained and in fenced code (ToE 3.5)."""

from synth.models.base import Request
from synth.models.offline.files import write_files
from synth.models.offline.kit import Kit, decline
from synth.models.offline.plan import ERRORS, Program
from synth.models.offline.read import Unreadable, read_plan


def answer_instruction(request: Request, kit: Kit) -> str:
    """An explanation and all modules, or a decline. The code is the blocks' own: no mistakes are built in."""
    try:
        program = Program(read_plan(str(request.inputs["question"]), kit.shelf), kit.shelf)
    except Unreadable as error:
        return decline(str(error))
    files = write_files(program)
    where = f"one module, `{files[0].path}`" if len(files) == 1 else f"{len(files)} modules in one folder"
    blocks = [f"`{file.path}`\n\n```python\n{file.text.rstrip()}\n```" for file in files]
    return "\n\n".join([f"The solution is {where}; it needs the standard library only.", _explain(program), *blocks])


def _explain(program: Program) -> str:
    lines = []
    for name, module in program.modules.items():
        constants = ", ".join(f"`{key}` = {value!r}" for key, value in sorted(module.params.items()))
        lines.append(f"- `{name}`: {module.block.title}" + (f", with {constants}." if constants else "."))
    for join in program.plan.joins:
        uses = ", ".join(f"`{name}`" for name in join.uses)
        lines.append(f"- `{join.function}` calls {uses} and is there to {program.shelf.joiners[join.kind].goal}.")
    if program.plan.errors:
        lines.append(f"- `{ERRORS}` holds the exceptions that callers may catch.")
    return "\n".join(lines)
