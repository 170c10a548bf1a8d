# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a transpiled guest in a headless Chromium: chromium.py BROWSER SHIM GUEST ARGUMENT…

BROWSER and GUEST are directories as hosts.sh and hosts.py make them, SHIM one of preview2-shim's modules
for browsers. Both are served on this machine alone, to page.html, which sends back what came of the run.
"""

import functools
import http.server
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from pathlib import Path
from typing import ClassVar

HERE = Path(__file__).resolve().parent


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map: ClassVar = {".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html"}

    def __init__(self, *arguments, places: dict[str, Path], sent: queue.Queue):
        self.places, self.sent = places, sent
        super().__init__(*arguments)

    def translate_path(self, path: str) -> str:
        _, place, *name = path.split("/", 2)
        return str(Path(self.places.get(place, HERE / "nothing"), *name))

    def do_POST(self):
        self.sent.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *_):
        pass


def main() -> None:
    directory, shim, guest = map(Path, sys.argv[1:4])
    places = {"shim": shim, "guest": guest, "page.html": HERE / "page.html"}
    sent: queue.Queue = queue.Queue()
    handler = functools.partial(Handler, places=places, sent=sent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{server.server_port}/page.html#{urllib.parse.quote(json.dumps(sys.argv[4:]))}"
    # With a port to debug it by, it stays.
    flags = ["--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--remote-debugging-port=0"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [directory / "chromium", *flags, f"--user-data-dir={profile}", page],
            env=os.environ | {"LD_LIBRARY_PATH": str(directory / "lib"), "HOME": profile},
            stderr=subprocess.DEVNULL,
        )
        ended = "chromium: it ended before the guest\n"
        threading.Thread(target=lambda: sent.put([browser.wait(), "", ended]), daemon=True).start()
        status, stdout, stderr = sent.get()
        browser.kill()
        browser.wait()
    sys.stdout.write(stdout)
    sys.stderr.write(stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
