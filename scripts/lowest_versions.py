"""Print the lowest version of TensorFlow and of all that setup.cfg requires, as constraints for pip."""

import configparser
import re
from pathlib import Path

settings = configparser.ConfigParser()
settings.read(Path(__file__).parents[1] / "setup.cfg")
required = settings["options"]["install_requires"] + settings["options.extras_require"]["tensorflow"]
for line in required.split("\n"):
    if requirement := re.fullmatch(r"([\w-]+) >= ([\d.]+)", line):
        name, version = requirement.groups()
        numbers = [*version.split("."), "0", "0"][:3]
        # Of builds of one version (4.8.0.74, 4.8.0.76) any.
        print(f"{name}=={'.'.join(numbers)}.*")
    elif line and not line.startswith("#"):
        raise SystemExit(f"setup.cfg requires {line!r}: expected NAME >= VERSION.")
