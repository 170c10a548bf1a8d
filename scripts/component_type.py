#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints wit-imports/component-type.s, from the WIT beside it: component_type.py WASM_TOOLS

A shared library says in a custom section which WIT its imports come from. The section is kept as
assembly so that whoever builds one needs no wasm-tools.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import wasm_object

WIT = Path(__file__).resolve().parent.parent / "wit-imports/wit"
HEADER = """\
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The component type of wit/, for shared libraries; written by scripts/component_type.py.
    .section ".custom_section.component-type:utimens","",@
"""


def component_type(wasm_tools: str) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        module = Path(scratch, "empty.wasm")
        module.write_bytes(wasm_object.MAGIC)
        command = [wasm_tools, "component", "embed", "--world", "utimens", WIT, module, "-o", module]
        subprocess.run(command, check=True)
        return dict(wasm_object.custom_sections(module.read_bytes()))[b"component-type"]


if __name__ == "__main__":
    content = component_type(sys.argv[1])
    print(HEADER, end="")
    for at in range(0, len(content), 16):
        print(f"    .byte {','.join(f'{byte:#04x}' for byte in content[at : at + 16])}")
