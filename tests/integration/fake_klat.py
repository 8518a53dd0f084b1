"""Stands in for `klat`: the true supervisor, with roles that only say they are ready."""

import asyncio
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tracking.local.up import Plan, run_until_stopped
from tracking.logs import configure_logging
from tracking.settings import load_settings


class Ready(BaseHTTPRequestHandler):
    passed = ("/readyz", "/healthz")

    def do_GET(self):
        self.send_response(200 if self.path in self.passed else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


class Waiting(Ready):
    passed = ("/healthz",)


def serve(answers):
    HTTPServer(("127.0.0.1", int(os.environ["KLAT_OPS_PORT"])), answers).serve_forever()


def simulate():
    Path(os.environ["KLAT_DATA_DIR"], "demo.txt").write_text("open http://127.0.0.1/t/link\n")
    signal.pause()


def up(data_dir, http_port, ops_port):
    settings = load_settings(data_dir=Path(data_dir), http_port=http_port, ops_port=ops_port)
    configure_logging("json", role="up")
    plan = Plan(settings, demo=True, klat=(sys.executable, __file__))
    asyncio.run(run_until_stopped(plan))


match sys.argv[1:]:
    case ["up", *arguments]:
        up(*arguments)
    case ["serve", "waiting"]:
        serve(Waiting)
    case ["serve", *_]:
        serve(Ready)
    case ["simulate"]:
        simulate()
