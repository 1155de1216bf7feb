"""Checks a bill of materials: that CycloneDX's own schema takes it, and that it names
each module that the linker noted in the binary, with its version, and no other.

    bill.py BILL.cdx.json BINARY
"""

import json
import subprocess
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def main(bill_file, binary):
    with open(bill_file, encoding="utf-8") as f:
        text = f.read()
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        sys.exit(f"{bill_file}: CycloneDX 1.6 doesn't take it: {wrong}")
    told = {(c["name"], c["version"]) for c in json.loads(text)["components"]}
    linked = []
    said = subprocess.run(["go", "version", "-m", binary], check=True, capture_output=True, text=True).stdout
    for line in said.splitlines():
        words = line.split("\t")
        if len(words) >= 4 and words[1] == "dep":
            linked.append((words[2], words[3]))
        elif len(words) >= 4 and words[1] == "=>":  # what replaces the one before
            linked[-1] = (words[2], words[3])
    told, linked = {one for one in told if one[0] != "std"}, set(linked)
    if not linked or told != linked:
        sys.exit(f"{bill_file}: not linked: {sorted(told - linked)}; not told: {sorted(linked - told)}")
    print(f"{bill_file}: valid, {len(linked)} modules, those that are linked")


main(*sys.argv[1:])
