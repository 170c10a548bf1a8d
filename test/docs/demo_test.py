# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What `make demo` prints can be typed again, as it stands, where `make demo` was typed."""

import re

import toolbox


def test_every_line_that_demo_prints_works_where_the_reader_is(tmp_path):
    newest = toolbox.SNAPSHOTS[-1]
    (tmp_path / ".toolchain").symlink_to(toolbox.TOOLCHAIN)
    (tmp_path / "examples").symlink_to(toolbox.ROOT / "examples")
    prefix = tmp_path / "install"
    prefix.symlink_to(toolbox.installed(newest))
    demo = tmp_path / "demo"
    command = [toolbox.ROOT / "scripts/demo.sh", toolbox.SDK, toolbox.stock_sysroot(newest), prefix, demo]
    # wasmtime makes a cache below the home, and nobody has none.
    reader = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    tools = reader | {"PATH": f"{toolbox.TOOLCHAIN / 'bin'}:/usr/bin:/bin"}
    printed = toolbox.run(command, cwd=tmp_path, env=tools).stdout
    lines = re.findall(r"^  \$ ((?:.*\\\n)*.*)", printed, re.M)
    assert len(lines) == 7
    wasm, letter = demo / "touch.wasm", demo / "files/letter"
    wasm.unlink()
    letter.write_text("written again")
    toolbox.run(["bash", "-euc", "\n".join(lines)], cwd=tmp_path, env=reader)
    assert wasm.exists()
    assert letter.stat().st_mtime_ns == 1_289_567_655_000_000_001
