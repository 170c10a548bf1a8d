# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a transpiled guest in a headless Chromium: chromium.py BROWSER SHIM GUEST ARGUMENT…

BROWSER and GUEST are directories as hosts.sh and hosts.py make them, SHIM one of preview2-shim's modules
for browsers. Both are served on this machine alone; the browser is spoken to through a pipe.
"""

import functools
import http.server
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import ClassVar

HERE = Path(__file__).resolve().parent


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map: ClassVar = {".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html"}

    def __init__(self, *arguments, places: dict[str, Path]):
        self.places = places
        super().__init__(*arguments)

    def translate_path(self, path: str) -> str:
        _, place, *name = path.split("/", 2)
        return str(Path(self.places.get(place, HERE / "nothing"), *name))

    def log_message(self, *_):
        pass


class Browser:
    """A Chromium that obeys its DevTools protocol, each message ended by a NUL."""

    def __init__(self, directory: Path, profile: str):
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()
        flags = ["--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--remote-debugging-pipe"]
        # It reads from its descriptor 3 and writes to 4.
        shell = f'exec "$@" 3<&{to_read} 4>&{to_write} 2>/dev/null'
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "-", directory / "chromium", *flags, f"--user-data-dir={profile}"],
            env=os.environ | {"LD_LIBRARY_PATH": str(directory / "lib"), "HOME": profile},
            pass_fds=(to_read, to_write),
        )
        os.close(to_read)
        os.close(to_write)
        self.numbers = itertools.count(1)
        self.read = b""

    def call(self, method: str, session: str | None = None, **parameters) -> dict:
        message = {"id": next(self.numbers), "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.read:
                data = os.read(self.from_browser, 1 << 16)
                if not data:
                    sys.exit(f"chromium: ended before {method}: exit {self.process.wait()}")
                self.read += data
            one, _, self.read = self.read.partition(b"\0")
            answer = json.loads(one)
            if answer.get("id") == message["id"]:
                return answer.get("result", {})

    def evaluate(self, session: str, expression: str) -> str | None:
        """What it comes to; None while there is no page that could say so."""
        answer = self.call(
            "Runtime.evaluate", session, expression=expression, awaitPromise=True, returnByValue=True
        )
        return answer.get("result", {}).get("value")


def main() -> None:
    directory, shim, guest = map(Path, sys.argv[1:4])
    places = {"shim": shim, "guest": guest, "page.html": HERE / "page.html"}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, places=places))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(directory, profile)
        try:
            page = f"http://127.0.0.1:{server.server_port}/page.html"
            target = browser.call("Target.createTarget", url=page)["targetId"]
            session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            while browser.evaluate(session, "typeof globalThis.run") != "function":
                time.sleep(0.02)
            answer = browser.evaluate(session, f"run({json.dumps(sys.argv[4:])})")
        finally:
            browser.process.kill()
            browser.process.wait()
    if answer is None:
        sys.exit("chromium: the page does not run")
    status, stdout, stderr = json.loads(answer)
    sys.stdout.write(stdout)
    sys.stderr.write(stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
