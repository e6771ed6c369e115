"""A text file that is written whole or not at all, and what is no file of its own."""

import os
import stat
import threading
from pathlib import Path

import pytest

from glassnet.errors import SourceError
from glassnet.report.whole import write_whole


def test_an_older_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old and longer")
    assert write_whole("new \ud800\n", path) == path
    assert path.read_text() == "new ?\n"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_that_a_link_leads_to_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, file = tmp_path / "link.txt", tmp_path / "there" / "a.txt"
    link.symlink_to(file)
    for text in ("first", "second"):  # the file is made, then replaced
        assert write_whole(text, link) == link
        assert link.is_symlink()
        assert file.read_text() == text
    assert sorted(tmp_path.rglob("*")) == [link, file.parent, file]


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_whole("a,b\n" * 50_000, pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    reader.join(10)
    assert read == ["a,b\n" * 50_000]


def test_a_name_of_an_open_pipe_is_written_to() -> None:
    source, sink = os.pipe()  # as /dev/stdout is one in `glassnet code --out /dev/stdout | less`
    try:
        write_whole("text", Path(f"/dev/fd/{sink}"))
        assert os.read(source, 9) == b"text"
    finally:
        os.close(source)
        os.close(sink)


def test_a_folder_and_a_lacking_one_are_refused(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "no" / "a.txt", "No such file")):
        with pytest.raises(SourceError, match=f"script {path} cannot be written: {why}.*you may write to"):
            write_whole("text", path, "script")
