"""Tree-of-Evolution: answer a collected instruction (ToE 3.5), the last step before export."""

from synth.ask import Asker, Unanswered, Unparseable
from synth.records import Answer, Dropped, Instruction

TEMPERATURE = 0.0
"""ToE appendix C."""


def answer_id(asker: Asker, instruction: Instruction) -> str:
    """The id of the answer that `answer_instruction` gives."""
    return asker.record_id(Answer.kind, "answer_instruction", instruction.id, temperature=TEMPERATURE)


async def answer_instruction(asker: Asker, instruction: Instruction) -> Answer | Dropped:
    """Have the engine answer at temperature 0. An answer is text: nothing is run, so it is never proven."""
    wanted = answer_id(asker, instruction)
    answered = await asker.ask("answer_instruction", {"question": instruction.text}, _parse, temperature=TEMPERATURE)
    if isinstance(answered, Unanswered):
        return answered.dropped("answer", instruction.id, wanted)
    return Answer(id=wanted, instruction_id=instruction.id, text=answered.value, made=answered.made)


def _parse(reply: str) -> str:
    text = reply.strip()
    if not any(character.isalnum() for character in text):
        raise Unparseable("the answer holds no words and no code")
    return text
