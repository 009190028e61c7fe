"""Set Espalier up and start it.

    python3 start.py             set up, make the demo workspace, open the app on 127.0.0.1
    python3 start.py test [...]  set up and run the tests; further words go to pytest
    python3 start.py setup       set up only

Standard library only. Everything is installed into `.venv` beside this file, in the versions of `requirements.lock`.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "espalier-stamp"
WORKSPACE = ROOT / "workspace"
INSTALLERS = {
    "apt-get": ["apt-get", "install", "-y"],
    "dnf": ["dnf", "install", "-y"],
    "pacman": ["pacman", "-S", "--noconfirm"],
    "zypper": ["zypper", "install", "-y"],
    "apk": ["apk", "add"],
}
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROMIUMS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def say(text: str) -> None:
    """Tell the person what is being done."""
    print(f"espalier: {text}", flush=True)


def stop(text: str) -> None:
    """End with one clear line."""
    sys.exit(f"espalier: {text}")


def environment() -> dict[str, str]:
    """The environment of everything started here."""
    env = dict(os.environ)
    # Packages are installed without bytecode and compiled once; with this set some imports take 15 s every time.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env.pop("PYTHONHOME", None)
    env.pop("PYTHONPATH", None)
    env.setdefault("HF_HUB_OFFLINE", "1")
    env.setdefault("TOKENIZERS_PARALLELISM", "false")
    env.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # With huge pages the kernel clears 2 MB for arrays that live for milliseconds: slow answers took twice as long.
    env.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    env["VIRTUAL_ENV"] = str(VENV)
    env["PATH"] = f"{VENV / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    return env


def run(*command: object, quiet: bool = False) -> bool:
    """Run a command; True where it succeeded. With `quiet`, what it prints is shown only when it fails loudly."""
    words = [str(word) for word in command]
    pipe = subprocess.DEVNULL if quiet else None
    return subprocess.run(words, cwd=ROOT, env=environment(), stdout=pipe, stderr=pipe, check=False).returncode == 0


def fingerprint() -> str:
    """What the installed environment depends on."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def setup() -> None:
    """Make `.venv` as the lock says, unless it is so already."""
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == fingerprint() and PYTHON.exists():
        return
    began = time.monotonic()
    make_venv()
    install_torch()
    say("installing the other packages in their locked versions")
    if not install_lock():
        stop("the packages could not be installed; see the lines above. Check the network, then run this again.")
    say("compiling packages once, so that later starts are quick")
    run(PYTHON, "-m", "compileall", "-q", "-j", "0", VENV / "lib", quiet=True)
    STAMP.write_text(fingerprint(), encoding="utf-8")
    say(f"set up in {time.monotonic() - began:.0f} s")


def make_venv() -> None:
    """Create a fresh `.venv`."""
    say(f"making {VENV} with Python {platform.python_version()}")
    shutil.rmtree(VENV, ignore_errors=True)
    if run(sys.executable, "-m", "venv", VENV, quiet=True) and run(PYTHON, "-m", "pip", "--version", quiet=True):
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.rmtree(VENV, ignore_errors=True)
    installed = install_system(f"python{version}-venv") or install_system("python3-venv")
    if installed and run(sys.executable, "-m", "venv", VENV):
        return
    if shutil.which("uv") and run("uv", "venv", "--seed", "--python", sys.executable, VENV):
        return
    stop(f"Python's venv module does not work here. On Debian or Ubuntu: sudo apt-get install python{version}-venv")


def locked(name: str) -> str:
    """The `name==version` line of the lock."""
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line.split("==")[0].strip() == name:
            return line.split(";")[0].strip()
    return name


def install_torch() -> None:
    """Install PyTorch on its own first: the CPU build unless there is an NVIDIA GPU."""
    torch = locked("torch")
    gpu = shutil.which("nvidia-smi") is not None or Path("/proc/driver/nvidia/version").exists()
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--no-compile")
    run(*pip, locked("uv"))
    if gpu or platform.system() != "Linux":
        say(f"installing {torch}" + (" with GPU support" if gpu else ""))
        if run(*pip, torch):
            return
    else:
        say(f"installing {torch}, CPU build")
        # First a wheel that lies on this machine, if pip is told of one; then the CPU builds that uv knows to find.
        if run(*pip, "--no-index", "--no-deps", torch, quiet=True):
            return
        uv = (PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON)
        if run(*uv, "--torch-backend", "cpu", "--no-deps", torch, quiet=True):
            return
        say("no CPU build can be reached; installing the default build, which brings large GPU packages along")
        if run(*pip, torch):
            return
    stop(f"{torch} could not be installed; see the lines above. Python 3.11 to 3.13 on Linux or macOS is needed.")


def install_lock() -> bool:
    """Install the lock and Espalier itself by uv, or by pip where uv cannot."""
    # --no-deps: the lock is complete, and nothing may pull in another build of torch.
    uv = (PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON, "--no-deps")
    if run(*uv, "-r", LOCK, quiet=True) and run(*uv, "-e", ROOT, quiet=True):
        return True
    say("uv could not do it, so pip does; this takes about a minute")
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps")
    return run(*pip, "-r", LOCK) and run(*pip, "-e", ROOT)


def install_system(package: str) -> bool:
    """Install a system package where we may without asking for a password. True where it worked."""
    manager = next((name for name in INSTALLERS if shutil.which(name)), None)
    root = os.geteuid() == 0
    sudo = [] if root else ["sudo", "-n"]
    if manager is None or (not root and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode):
        return False
    say(f"installing the system package {package}")
    if manager == "apt-get":
        run(*sudo, "apt-get", "update", "-qq", quiet=True)
    return run(*sudo, *INSTALLERS[manager], package, quiet=True)


def by_hand(package: str) -> str:
    """The command that installs a system package here."""
    manager = next((name for name in INSTALLERS if shutil.which(name)), "apt-get")
    return f"sudo {' '.join(INSTALLERS[manager])} {package}"


def need_bubblewrap() -> bool:
    """Have the sandbox's program. Says how to get it where it cannot be installed."""
    if platform.system() != "Linux":
        say("solutions are verified in a bubblewrap sandbox, which needs Linux: the rest works here, verdicts do not")
        return False
    if shutil.which("bwrap") or install_system("bubblewrap"):
        return True
    say(f"no sandbox, so no solution can be verified. Install it: {by_hand('bubblewrap')}")
    return False


def need_chromium() -> None:
    """Have a browser for the browser test. Says how to get it where it cannot be installed."""
    if any(shutil.which(name) for name in CHROMIUMS) or any(Path(path).exists() for path in MAC_CHROMIUMS):
        return
    if platform.system() == "Linux" and (install_system("chromium") or install_system("chromium-browser")):
        return
    hand = "brew install --cask chromium" if platform.system() == "Darwin" else by_hand("chromium")
    say(f"no Chromium, so the browser test is skipped. Install it: {hand}")


def demo() -> None:
    """Make the demo workspace by running the flow, once; take up a demo run that was cut off."""
    if not (WORKSPACE / "workspace.duckdb").exists():
        say("making the demo workspace by running the whole flow, about a minute")
        if need_bubblewrap() and run(PYTHON, "-m", "synth", "run", "--workspace", WORKSPACE):
            return
        say("running the part of the demo that needs no sandbox")
        run(PYTHON, "-m", "synth", "run", ROOT / "data" / "demo-without-sandbox.toml", "--workspace", WORKSPACE)
        return
    progress = WORKSPACE / "runs" / "r0001-demo" / "progress.json"
    if progress.is_file() and json.loads(progress.read_text(encoding="utf-8"))["state"] in ("running", "paused"):
        say("taking up the demo run that was cut off")
        run(PYTHON, "-m", "synth", "run", "--resume", "r0001-demo", "--workspace", WORKSPACE)


def main() -> None:
    """Do what the command line says."""
    if sys.version_info < (3, 11):  # noqa: UP036
        stop(f"Python 3.11 or newer is needed, this is {platform.python_version()}. Try: python3.11 start.py")
    if platform.system() == "Windows":
        stop("Linux or macOS is needed; on Windows use WSL.")
    words = sys.argv[1:]
    if words[:1] in (["-h"], ["--help"]) or (words and words[0] not in ("test", "setup")):
        print(__doc__.strip())
        sys.exit(0 if words[0] in ("-h", "--help") else 2)
    setup()
    if words[:1] == ["setup"]:
        return
    if words[:1] == ["test"]:
        need_bubblewrap()
        need_chromium()
        say("running the tests")
        os.chdir(ROOT)
        os.execve(PYTHON, [str(PYTHON), "-m", "pytest", *words[1:]], environment())
    demo()
    say("opening the app; stop it with Ctrl-C")
    os.chdir(ROOT)
    command = [str(PYTHON), "-m", "streamlit", "run", "app.py"]
    os.execve(PYTHON, command, environment())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("stopped")
