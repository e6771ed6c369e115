"""Nothing reaches for the network: training and predicting work in a process that has none."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError(f"reached for the network: {args}")

for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket, name, refuse)

class Refused(socket.socket):
    connect = connect_ex = sendto = bind = refuse

socket.socket = Refused
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refuse
try:
    socket.create_connection(("example.org", 80))
except AssertionError:
    pass
else:
    sys.exit("the network is not blocked")

from glassnet.cli.start import run_command

train = ["train", "--example", "wine", "--epochs", "2", "--threads", "1", "--out", "run"]
sys.exit(run_command(train) or run_command(["predict", "run", "--example", "wine", "--out", "rows.csv"]))
"""


def test_training_predicting_and_the_report_need_no_network(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 179
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    for reach in ('src="http', "src='http", "url(http", "@import", '<link rel="stylesheet"', "fetch("):
        assert reach not in page
