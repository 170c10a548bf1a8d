# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`make install`, `make uninstall` and install.sh: all of it or nothing, and nobody else's file touched."""

import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import toolbox
from packages.tools import NEWEST, SCRIPTS, small_sysroot, tree, unchanged
from toolbox import make, refused

SCRIPT = SCRIPTS / "install.sh"
MANIFEST = "share/wasi-utimens/manifest"
STAGE = ".wasi-utimens-installing"
HEADER = "include/wasm32-wasip2/sys/time.h"
SH = shutil.which("dash") or "sh"  # a shell that is POSIX's and no more


def package(snapshot: str = NEWEST) -> Path:
    return toolbox.build_dir(snapshot) / "package"


def install(prefix: Path, snapshot: str = NEWEST, **options):
    return toolbox.run([SH, SCRIPT, "--from", package(snapshot), "--prefix", prefix], **options)


def uninstall(prefix: Path, **options):
    return toolbox.run([SH, SCRIPT, "--uninstall", "--prefix", prefix], **options)


def is_whole(prefix: Path, snapshot: str = NEWEST) -> bool:
    """Whether there is all of an installation, and that it is one of this snapshot."""
    files = [path.relative_to(package(snapshot)) for path in package(snapshot).rglob("*") if path.is_file()]
    return all(
        (prefix / file).is_file() and (prefix / file).read_bytes() == (package(snapshot) / file).read_bytes()
        for file in files
        if str(file) != MANIFEST
    )


@pytest.fixture
def work(tmp_path) -> Path:
    """Where each test has what it looks at."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


# --- Refused, with nothing changed -------------------------------------------


@pytest.mark.parametrize("prefix", ["file", "file/below", "include-is-a-file", "link"])
def test_a_prefix_that_is_no_directory(prefix, work):
    (work / "file").touch()
    (work / "link").symlink_to("nowhere")
    (work / "include-is-a-file").mkdir()
    (work / "include-is-a-file/include").touch()
    with unchanged(work):
        assert "is no directory" in refused(make("install", f"PREFIX={work / prefix}", check=False))


def test_a_full_disk(work):
    """By a limit on the size of a file, which is an error of write as well."""

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

    assert "File too large" in refused(
        make("install", f"PREFIX={work}/prefix", check=False, preexec_fn=limited)
    )
    assert tree(work) == {}


def test_a_directory_without_the_right_to_write(work):
    (work / "closed").mkdir(mode=0o555)
    if os.access(work / "closed", os.W_OK):
        pytest.skip("root may write everywhere")
    for prefix in ("closed", "closed/below"):
        assert "ermission" in refused(make("install", f"PREFIX={work / prefix}", check=False))
    assert tree(work).keys() == {"closed"}


def test_a_line_break_in_the_name(work):
    for words in ([f"PREFIX={work}/a\nb"], [f"DESTDIR={work}/a\nb", "PREFIX=/opt"]):
        assert "has a line break in its name" in refused(make("install", *words, check=False))
    assert tree(work) == {}


def test_another_wasi_libc_in_the_prefix(snapshot, work):
    """A sysroot, or a prefix in which a distribution has its wasi-libc: its <sys/time.h> is not ours."""
    sysroot = small_sysroot(work / "sysroot", snapshot)
    with unchanged(work):
        line = refused(make("install", f"PREFIX={sysroot}", snapshot=snapshot, check=False))
        assert line.startswith(f"install: {sysroot / HEADER} is not as wasi-utimens installs it")
        make("uninstall", f"PREFIX={sysroot}", snapshot=snapshot)


def test_a_sysroot_with_the_overlay_inside_as_prefix(work):
    """Its headers are the same as ours, but not an installation's."""
    for path in ("sys/time.h", "wasi/utimens.h"):
        (work / "include/wasm32-wasip2" / path).parent.mkdir(parents=True)
        shutil.copy(toolbox.ROOT / "include" / path, work / "include/wasm32-wasip2" / path)
    with unchanged(work):
        refused(install(work, check=False))
        uninstall(work)


def test_what_was_changed_since(work):
    install(work)
    changed = work / "lib/wasm32-wasip2/pkgconfig/wasi-utimens.pc"
    changed.write_text("mine\n")
    with unchanged(work) as before:
        assert str(changed) in refused(install(work, check=False))
    assert f"{changed} was changed since, and stays" in uninstall(work).stderr
    left = ["lib", "lib/wasm32-wasip2", "lib/wasm32-wasip2/pkgconfig", str(changed.relative_to(work))]
    assert tree(work) == {path: before[path] for path in left}


# --- Installed ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "with spaces  'and' \"quotes\"", "-n", "*"])
def test_a_prefix_of_any_name(name, work):
    make("install", f"PREFIX={work / name}")
    assert is_whole(work / name)
    make("uninstall", f"PREFIX={work / name}")
    assert tree(work) == {}


def test_a_sysroot_of_any_name(work):
    name = "a  line\nbreak  'and' \"quotes\""
    make("sysroot", f"DEST={work / name}")
    assert (work / name / "lib/wasm32-wasip2/libc.a").is_file()
    assert [path.name for path in work.iterdir()] == [name]


def test_destdir_and_prefix_say_where(work):
    make("install", f"DESTDIR={work}/staged", "PREFIX=/opt/overlay")
    make("install", f"PREFIX={work}/direct")
    assert tree(work / "staged/opt/overlay") == tree(work / "direct")
    assert is_whole(work / "direct")
    for path in (work / "direct").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_uninstall_takes_away_what_install_put(work):
    """Nothing else, and no directory that was there before."""
    others = ["lib/libother.a", "include/wasm32-wasip2/wasi/other.h"]
    for path in (*others, "share/there/before"):
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).touch()
    (work / "share/there/before").unlink()
    (work / "lib/cmake").mkdir()
    with unchanged(work):
        install(work)
        install(work)  # again: what the first made is still known
        uninstall(work)
    assert "nothing of wasi-utimens is in" in uninstall(work).stdout


def test_the_root_as_prefix(work):
    make("install", f"DESTDIR={work}", "PREFIX=/")
    assert is_whole(work)


def test_uninstall_reaches_nothing_outside_of_the_prefix(work):
    (work / "other").write_text("another's\n")
    install(work / "prefix")
    with (work / "prefix" / MANIFEST).open("a") as manifest:
        for path in ("../other", str(work / "other")):
            manifest.write(cksum(work / "prefix", path))
    uninstall(work / "prefix")
    assert tree(work).keys() == {"other"}


def test_uninstall_builds_nothing(work):
    """In a clone that has nothing built yet."""
    make("uninstall", f"PREFIX={work}/prefix", f"BUILD={work}/build")
    assert tree(work) == {}


def test_another_generation_and_another_version_installed_over_it(work):
    install(work, toolbox.SNAPSHOTS[0])
    (work / "share/wasi-utimens/of-another-version").write_text("old\n")
    with (work / MANIFEST).open("a") as manifest:
        manifest.write(cksum(work, "share/wasi-utimens/of-another-version"))
    install(work)
    assert is_whole(work)
    assert not (work / "share/wasi-utimens/of-another-version").exists()
    uninstall(work)
    assert tree(work) == {}


def cksum(where: Path, file: str) -> str:
    return toolbox.run(["cksum", file], cwd=where).stdout


def test_over_an_installation_that_has_no_manifest(work):
    """As 0.1 left it."""
    shutil.copytree(package(), work, dirs_exist_ok=True)
    (work / MANIFEST).unlink()
    (work / "lib/wasm32-wasip2/libwasi-utimens.a").write_text("of an earlier version\n")
    assert "has no" in refused(uninstall(work, check=False))
    install(work)
    assert is_whole(work)
    uninstall(work)
    assert not any(path.is_file() for path in work.rglob("*"))


def test_a_sysroot_that_was_upgraded_in_place(work):
    """The build is of what the libc.a holds, however old it looks; two at once wait for each other."""
    if len({toolbox.generation(snapshot) for snapshot in toolbox.SNAPSHOTS}) == 1:
        pytest.skip("only one generation here")
    # A tree of its own: a make above this one has this tree to itself.
    left_out = shutil.ignore_patterns(".git", ".toolchain", "build", "__pycache__", ".*_cache")
    shutil.copytree(toolbox.ROOT, work / "tree", ignore=left_out)
    (work / "tree/.toolchain").symlink_to(toolbox.TOOLCHAIN)
    sysroot = work / "sysroot"
    (sysroot / "lib/wasm32-wasip2").mkdir(parents=True)
    for snapshot in (toolbox.SNAPSHOTS[0], NEWEST):
        libc = sysroot / "lib/wasm32-wasip2/libc.a"
        shutil.copy(toolbox.stock_sysroot(snapshot) / "lib/wasm32-wasip2/libc.a", libc)
        os.utime(libc, (1_000_000_000, 1_000_000_000))
        (sysroot / "include").unlink(missing_ok=True)
        (sysroot / "include").symlink_to(toolbox.stock_sysroot(snapshot) / "include")
        words = ["make", "-s", "-C", work / "tree", f"SYSROOT={sysroot}", "install"]
        prefixes = [work / f"{snapshot}-{number}" for number in range(2)]
        at_once = [
            subprocess.Popen([*map(str, words), f"PREFIX={prefix}"], env=toolbox.ENVIRONMENT)
            for prefix in prefixes
        ]
        assert [process.wait(timeout=300) for process in at_once] == [0, 0]
        for prefix in prefixes:
            assert is_whole(prefix, snapshot)


def test_several_at_once_into_one_prefix(work):
    at_once = [
        subprocess.Popen([SH, SCRIPT, "--from", package(snapshot), "--prefix", work / "prefix"])
        for snapshot in [toolbox.SNAPSHOTS[0], NEWEST] * 2
    ]
    assert [process.wait(timeout=300) for process in at_once] == [0] * 4
    assert is_whole(work / "prefix") or is_whole(work / "prefix", toolbox.SNAPSHOTS[0])
    uninstall(work / "prefix")
    assert tree(work) == {}


# --- What fails on the way ---------------------------------------------------

INSTALL_TOOLS = ["cat", "chmod", "cksum", "cp", "mkdir", "mv", "rm"]
PACKAGE_TOOLS = ["awk", "cat", "cksum", "dirname", "find", "mkdir", "mv", "rm", "sed", "sort", "xargs"]


@pytest.fixture
def failing(tmp_path):
    """Runs with a failure at each call of each of these tools. It may never go unsaid."""
    count = tmp_path / "count"

    def shim(tool: str) -> Path:
        where = tmp_path / "bin" / tool
        where.mkdir(parents=True)
        (where / tool).write_text(
            f"#!{SH}\nread n <{count}\nn=$((n + 1))\necho $n >{count}\n"
            f'[ $n != $FAIL_AT ] || {{ echo "{tool}: fails" >&2; exit 1; }}\nexec {shutil.which(tool)} "$@"\n'
        )
        (where / tool).chmod(0o755)
        return where

    def each(tools: list[str], run, at_least: int):
        failures = 0
        for tool in tools:
            path, at = f"{shim(tool)}:{os.environ['PATH']}", 0
            while not at or int(count.read_text()) >= at:
                at += 1
                count.write_text("0\n")
                done = run(toolbox.ENVIRONMENT | {"PATH": path, "FAIL_AT": str(at)})
                if done.returncode != 0:
                    failures += 1
                    assert done.stderr and done.stdout == ""
                yield done
            assert at > 1, f"{tool} is not used"
        assert failures >= at_least

    return each


@pytest.mark.parametrize("old, at_least", [(None, 21), (toolbox.SNAPSHOTS[0], 31)], ids=["new", "upgrade"])
def test_a_failure_at_each_call_of_an_installation(old, at_least, failing, work):
    """What was there before is there then: nothing, or what was installed, whole."""
    prefix = work if old else work / "new/prefix"
    if old:
        install(prefix, old)
    before = tree(work)
    for done in failing(INSTALL_TOOLS, lambda env: install(prefix, check=False, env=env), at_least):
        if done.returncode != 0:
            assert done.stderr.count("\n") == 1
            if tree(work) == before:
                continue
            shutil.rmtree(prefix / STAGE)  # the last rm
        assert is_whole(prefix)
        uninstall(prefix)
        if old:
            install(prefix, old)
        assert tree(work) == before


def test_a_failure_at_each_call_of_an_uninstallation(failing, work):
    """It can be repeated then."""
    prefix, tools = work / "new", ["cat", "cksum", "ls", "mkdir", "rm", "rmdir"]
    install(prefix)
    for done in failing(tools, lambda env: uninstall(prefix, check=False, env=env), at_least=11):
        if done.returncode != 0:
            shutil.rmtree(prefix / STAGE, ignore_errors=True)  # where rm is what fails
            uninstall(prefix)
            shutil.rmtree(prefix, ignore_errors=True)  # where rmdir is
        assert tree(work) == {}
        install(prefix)


def test_a_failure_at_each_call_of_the_packing(failing, work):
    """What is not whole has no place, and nothing is installed from it."""
    built, made = toolbox.build_dir(NEWEST), work / "package"
    command = [SCRIPTS / "package.sh", built / "wrap", built / "shared", made, "futimens"]
    for done in failing(PACKAGE_TOOLS, lambda env: toolbox.run(command, check=False, env=env), at_least=21):
        if done.returncode != 0:
            assert not made.exists()
        else:
            assert (made / MANIFEST).stat().st_size > 500
            shutil.rmtree(made)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_stopped_on_the_way(how, work, tmp_path):
    """Stopped, all is as before; killed, the next one says what to remove, and can then be done."""
    install(work, toolbox.SNAPSHOTS[0])
    before = tree(work)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/mv").write_text(
        f'#!/bin/sh\ncase "$*" in *libwasi-utimens.a) touch {tmp_path}/started; sleep 1;; esac\n'
        f'exec {shutil.which("mv")} "$@"\n'
    )
    (tmp_path / "bin/mv").chmod(0o755)
    env = toolbox.ENVIRONMENT | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    # A run in the background, as of CI, ignores SIGINT, and so would all that it starts.
    running = subprocess.Popen(
        [SH, SCRIPT, "--from", package(), "--prefix", work],
        env=env,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not (tmp_path / "started").exists():
        time.sleep(0.02)
    running.send_signal(how)
    assert running.wait(timeout=30) != 0
    if how != signal.SIGKILL:
        assert tree(work) == before
        return
    time.sleep(1.5)  # for the mv that was under way
    assert not is_whole(work)
    shutil.rmtree(work / STAGE)
    install(work)
    assert is_whole(work)
    uninstall(work)
    assert tree(work) == {}
