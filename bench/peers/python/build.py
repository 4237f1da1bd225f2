"""`python3 build.py FOLDER`: an environment with what the requirements name, and the function beside it."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def build(out: Path) -> None:
    pins = sys.version + (HERE / "requirements.txt").read_text()
    stamp = out / "stamp"
    if not stamp.exists() or stamp.read_text() != pins:
        shutil.rmtree(out, ignore_errors=True)
        venv = out / "venv"
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [venv / "bin/python", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        pinned = ["--only-binary=:all:", "--require-hashes", "-r", HERE / "requirements.txt"]
        subprocess.run([*pip, *pinned], check=True)
        stamp.write_text(pins)
    function = out / "function"
    function.mkdir(exist_ok=True)
    shutil.copy(HERE / "handler.py", function)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the folder to build into: `python3 build.py FOLDER`.")
    build(Path(sys.argv[1]).resolve())
