"""`synth models`: try an endpoint, find servers on this machine, and have new runs ask a model.

Works beside an app that has the workspace open: only its settings are read and written.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from synth.errors import BadInput
from synth.settings import STEPS, Engine, RunConfig, load_config
from synth.workspace.endpoints import Asked, Endpoints, checked_engine, engines_of, words_of
from synth.workspace.settings import read_settings

if TYPE_CHECKING:
    from synth.commands import Register
    from synth.models.local_servers import LocalServer
    from synth.models.probing import Check

_SHOWN = 8


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    group = commands.add_parser(
        "models",
        help="try an endpoint, find servers on this machine, choose a model",
        description="Try an endpoint, find model servers on this machine, and have new runs ask a model.",
    ).add_subparsers(required=True, metavar="WHAT")
    check = register(
        group, "check", _check, "put a tiny question to each engine of the settings, a config or an address"
    )
    check.add_argument(
        "config", nargs="?", type=Path, metavar="CONFIG", help="a run's TOML file; default: the settings"
    )
    check.add_argument("--engine-url", metavar="URL", help="address of one endpoint, such as http://127.0.0.1:8000/v1")
    check.add_argument("--model", metavar="NAME", help="the model to ask there")
    check.add_argument("--key-env", metavar="NAME", help="environment variable with its key; default: OPENAI_API_KEY")
    check.add_argument("--timeout", type=_seconds, metavar="S", help="for each of three requests; default: 60")
    check.add_argument("--json", action="store_true", help="one object a line")
    find = register(group, "find", _find, "look for model servers on this machine's own addresses")
    find.add_argument("ports", nargs="*", type=int, metavar="PORT", help="besides the usual ones")
    find.add_argument("--json", action="store_true", help="one object a line")
    use = register(group, "use", _use, "have new runs ask a model")
    use.add_argument("url", metavar="URL")
    use.add_argument("model", metavar="MODEL")
    use.add_argument("--step", choices=STEPS, help="in this step only; default: in all that have no own model")
    use.add_argument("--key-env", metavar="NAME", help="environment variable with the key of that endpoint")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def _check(options: argparse.Namespace) -> int:
    endpoints = Endpoints(options.workspace)
    failed = 0
    for asked in _asked(options):
        check = endpoints.check(asked.engine, patience=options.timeout)
        failed += not check.ok
        if options.json:
            print(json.dumps({"steps": asked.steps, "ok": check.ok, **asdict(check)}), flush=True)
        else:
            _print_check(asked, check)
    return 1 if failed else 0


def _asked(options: argparse.Namespace) -> list[Asked]:
    if options.engine_url is not None or options.model is not None:
        if options.config is not None:
            raise BadInput("a config names its own engines; give either the config or --engine-url and --model.")
        if options.engine_url is None or options.model is None:
            raise BadInput("give --engine-url and --model together; `synth models find` shows what runs here.")
        said = {"base_url": options.engine_url, "model": options.model, "api_key_env": options.key_env}
        given = {name: value for name, value in said.items() if value is not None}
        return [Asked(checked_engine({**Engine().model_dump(), "kind": "openai", **given}), ())]
    if options.key_env is not None:
        raise BadInput("--key-env goes with --engine-url and --model; a config or the settings name their own.")
    if options.config is not None:
        return engines_of(load_config(options.config))
    kept = read_settings(options.workspace)
    return engines_of(RunConfig(engine=kept.engine, models=kept.models))


def _print_check(asked: Asked, check: "Check") -> None:
    console = Console(highlight=False)
    mark, style = ("works", "green") if check.ok else ("cannot be used", "red")
    steps = "" if not asked.steps or len(asked.steps) == len(STEPS) else f"  ({', '.join(asked.steps)})"
    console.print(Text.assemble((check.model, "bold"), f" at {check.address}{steps}: ", (mark, style)), soft_wrap=True)
    for title, text in words_of(check):
        console.print(Text(f"  {title:<18} {text}"), soft_wrap=True)


def _find(options: argparse.Namespace) -> int:
    servers = Endpoints(options.workspace).find(options.ports)
    for server in servers:
        if options.json:
            print(json.dumps(asdict(server)))
        else:
            _print_server(server)
    if not servers and not options.json:
        print(
            "no model server answers on this machine. Start one (Ollama, vLLM, llama.cpp, LM Studio, SGLang, LiteLLM), "
            "or name its port: `synth models find 5001`."
        )
    return 0


def _print_server(server: "LocalServer") -> None:
    names = [one.name for one in server.models]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    said = "needs a key" if server.needs_key else ", ".join(names[:_SHOWN]) + more or "offers no model yet"
    print(f"{server.kind or 'a model server'} at {server.address}: {said}")
    if names:
        print(f"  synth models use {server.address} {names[0]}")


def _use(options: argparse.Namespace) -> int:
    endpoints = Endpoints(options.workspace)
    kept = endpoints.use(options.url, options.model, options.step, options.key_env)
    engine = RunConfig(engine=kept.engine, models=kept.models).engine_of(options.step) if options.step else kept.engine
    where = f"the step `{options.step}` of new runs asks" if options.step else "new runs ask"
    key = "is set"
    if not endpoints.key_place(engine.api_key_env):
        key = "is not set: export it or write it into .env; many servers of one's own need none"
    print(f"{where} {engine.model} at {engine.base_url}; its key is looked for in {engine.api_key_env}, which {key}.")
    print("`synth models check` tries it.")
    return 0
