"""`study serve`: every route and every refusal of the server, the database behind it, and how the command ends."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from command_line import refused
from patchloom import study
from patchloom.errors import FileError
from patchloom.study.database import read_database
from studies import answers, built, record


@pytest.fixture(name="made")
def made_fixture(folder, make_picture):
    """A page with two setups of four trials."""
    return built(folder, make_picture).page


@pytest.fixture(name="server")
def server_fixture(folder, made):
    """A server in a thread, on a free port."""
    database = study.Database(folder / "answers.sqlite", made.study)
    with study.StudyServer(made, database, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.stop()
        thread.join()
    database.close()


def ask(server, method="POST", path="/answers", body=b"", **headers):
    """Send a request as a page would; None leaves a header out. Returns status, headers and what JSON says."""
    origin = server.url.rstrip("/")
    given = {"Host": origin.removeprefix("http://"), "Origin": origin, "Content-Type": "application/json", **headers}
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in given.items()}}
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        data = response.read()
    finally:
        connection.close()
    told = json.loads(data) if response.headers.get_content_type() == "application/json" and data else data
    return response.status, dict(response.headers), told


def sent(server, *arguments, **options):
    """Send an answer as `record` makes it."""
    made = server.page.study
    return ask(server, body={"study": made.id, **record(made, *arguments, **options)})


# Routes

def test_the_page(server, made):
    status, headers, data = ask(server, "GET", "/", Origin=None)
    assert (status, data) == (200, made.html)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    for name, value in {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
                        "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
                        "Content-Security-Policy": "frame-ancestors 'none'", "Server": "patchloom"}.items():
        assert headers[name] == value
    status, headers, data = ask(server, "HEAD", "/", Origin=None)
    assert (status, data, headers["Content-Length"]) == (200, b"", str(len(made.html)))


def test_answers_are_kept_as_they_come(server, folder):
    assert sent(server, "ann", 0, wrong=True)[::2] == (200, {"saved": True})
    assert sent(server, "ann", 5, wrong=False, views=2)[0] == 200
    found, kept = read_database(folder / "answers.sqlite")      # while the server is running
    assert found == server.page.study
    assert [(one.participant, one.trial, one.setup, one.wrong, one.views) for one in kept] == [
        ("ann", 0, "paired-1s", True, 1), ("ann", 5, "unpaired", False, 2)]
    assert server.database.counts() == (2, 1)


def test_the_same_answer_again_is_no_other_answer(server):
    for _ in range(2):
        assert sent(server, "ann", 0, wrong=True)[::2] == (200, {"saved": True})
    status, _, told = sent(server, "ann", 0, wrong=False)
    assert (status, told) == (409, {"error": "trial: this participant has answered it otherwise, which counts"})
    assert server.database.counts() == (1, 1)


def test_many_at_once(server):
    threads = [threading.Thread(target=sent, args=(server, f"p{n}", trial), kwargs={"wrong": False})
               for n in range(8) for trial in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.database.counts() == (64, 8)


def test_the_page_is_not_believed(server, folder):
    """A record cannot say itself whether it is right."""
    made = server.page.study
    status, _, told = ask(server, body={"study": made.id, "wrong": False, **record(made, "ann", 0, wrong=True)})
    assert (status, told["error"][:7]) == (400, "answer=")
    sent(server, "ann", 0, wrong=True)
    assert [one.wrong for one in read_database(folder / "answers.sqlite")[1]] == [True]


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/answers", 405), ("POST", "/", 405), ("PUT", "/", 405), ("DELETE", "/answers", 405),
    ("OPTIONS", "/answers", 405), ("PATCH", "/", 405), ("GET", "/favicon.ico", 404), ("GET", "/x?", 404),
    ("GET", "/../answers.sqlite", 404), ("POST", "/answers/", 404), ("GET", "/answers.sqlite", 404),
    ("TRACE", "/", 501),
])
def test_nothing_else_is_answered(server, method, path, status):
    got, headers, told = ask(server, method, path)
    assert got == status
    assert list(told) == ["error"]
    assert ("Allow" in headers) == (status == 405)
    assert headers["X-Content-Type-Options"] == "nosniff"


BIG = {"Content_Length": "5000"}


@pytest.mark.parametrize(("headers", "status", "said"), [
    ({"Host": "example.org"}, 403, "Host: must be 127.0.0.1:"),
    ({"Host": "127.0.0.1"}, 403, "Host: must be 127.0.0.1:"),
    ({"Host": None}, 403, "Host: must be 127.0.0.1:"),
    ({"Origin": "http://example.org"}, 403, "Origin: must be the study's own page"),
    ({"Origin": "null"}, 403, "Origin: must be the study's own page"),
    ({"Origin": None}, 403, "Origin: must be the study's own page"),
    ({"Content_Type": "text/plain"}, 415, "Content-Type: must be application/json"),
    ({"Content_Type": None}, 415, "Content-Type: must be application/json"),
    ({"Content_Length": "-1"}, 400, "Content-Length: must be a number"),
    ({"Content_Length": "many"}, 400, "Content-Length: must be a number"),
    ({"Content_Length": "0"}, 400, "body: must be JSON"),
    ({"Transfer_Encoding": "chunked"}, 411, "Transfer-Encoding: the body must come with its Content-Length"),
])
def test_requests_from_elsewhere_or_of_another_kind(server, headers, status, said):
    made = server.page.study
    got, _, told = ask(server, body={"study": made.id, **record(made, "ann", 0, wrong=False)}, **headers)
    assert got == status
    assert told["error"].startswith(said)
    assert server.database.counts() == (0, 0)


def test_the_usual_port_has_no_number(server, monkeypatch):
    """Browsers leave it out."""
    monkeypatch.setattr(server, "server_port", 80)
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=60)
    for host, status in (("127.0.0.1", 200), ("localhost", 200), ("127.0.0.1:80", 200), ("example.org", 403)):
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_a_query_means_nothing(server, made):
    assert ask(server, "GET", "/?x=1&y", Origin=None)[2] == made.html


def test_localhost_is_this_machine_too(server):
    made, host = server.page.study, f"localhost:{server.server_port}"
    body = {"study": made.id, **record(made, "ann", 0, wrong=False)}
    assert ask(server, body=body, Host=host, Origin=f"http://{host}")[0] == 200
    assert ask(server, body=body, Host=host)[0] == 403


@pytest.mark.parametrize(("body", "status", "said"), [
    (b"", 400, "body: must be JSON"), (b"{", 400, "body: must be JSON"), (b"\xff\xfe", 400, "body: must be JSON"),
    (b"[" * 4000, 400, "body: must be JSON"), (b"1" * 4000, 409, "study: must be"), (b"[]", 409, "study: must be"),
    (b"{}", 409, "study: must be an answer to the study that is served; reload the page"),
    (b" " * 4097, 413, "body=4097 bytes: must be at most 4096"),
    (b" " * 3_000_000, 413, "body=3000000 bytes: must be at most 4096"),
])
def test_bodies_that_are_no_answer(server, body, status, said):
    try:
        got, _, told = ask(server, body=body)
    except (BrokenPipeError, ConnectionResetError):       # far too long: the server need not read all of it
        assert len(body) > 1 << 20
        return
    assert got == status
    assert told["error"].startswith(said)


@pytest.mark.parametrize(("changes", "said"), [
    ({"participant": ""}, "participant='': must be 1 to 64 letters, digits, - and _"),
    ({"participant": "a b"}, "participant='a b'"), ({"participant": "a\n"}, "participant='a\\n'"),
    ({"participant": 1}, "participant=1"), ({"participant": "x" * 65}, "participant='xxx"),
    ({"trial": -1}, "trial=-1: must be a whole number, 0 to 7"), ({"trial": 8}, "trial=8"),
    ({"trial": True}, "trial=True"), ({"trial": 0.0}, "trial=0.0"), ({"trial": None}, "trial=None"),
    ({"trial": 10**400}, "trial=a huge number"),
    ({"setup": "paired"}, "setup='paired': must be paired-1s"), ({"trial": 4}, "setup='paired-1s': must be unpaired"),
    ({"answer": "real"}, "answer='real': must be left or right"), ({"answer": ["left"]}, "answer=['left']: must be"),
    ({"pictures": []}, "pictures=[]: must be ids of this study: a real picture and a fake of it"),
    ({"pictures": "ab"}, "pictures='ab'"), ({"pictures": [1, 2]}, "pictures=[1, 2]"),
    ({"pictures": [["x"], {}]}, "pictures="),
    ({"pictures": {"a": 1}}, "pictures={'a': 1}"), ({"pictures": ["nothing", "nobody"]}, "pictures="),
    ({"shown_ms": -1}, "shown_ms=-1: must be milliseconds"), ({"shown_ms": float("nan")}, "shown_ms=nan"),
    ({"reaction_ms": float("inf")}, "reaction_ms=inf"), ({"reaction_ms": "1"}, "reaction_ms='1'"),
    ({"reaction_ms": True}, "reaction_ms=True"), ({"views": 0}, "views=0: must be a whole number, 1 to 1000"),
    ({"more": 1}, "answer=answer, more, "),
    ({"study": "0" * 64}, "study: must be an answer to the study that is served"),
])
def test_answers_that_do_not_fit(server, changes, said):
    made = server.page.study
    status, _, told = ask(server, body={"study": made.id, **record(made, "ann", 0, wrong=False), **changes})
    assert status == (409 if "study" in changes else 400)
    assert told["error"].startswith(said)
    assert len(told["error"]) < 400
    assert server.database.counts() == (0, 0)


def test_pictures_must_belong_together(server):
    made = server.page.study
    body = {"study": made.id, **record(made, "ann", 0, wrong=False)}
    first, second = made.groups[:2]
    for pictures in ([first.real, second.fakes[0]], [first.real, first.real], [first.fakes[0], first.fakes[0]],
                     [first.real], [first.real, first.fakes[0], second.real]):
        assert ask(server, body={**body, "pictures": pictures})[0] == 400
    body = {"study": made.id, **record(made, "ann", 4, wrong=False), "pictures": [first.real, first.fakes[0]]}
    assert ask(server, body=body)[2]["error"].endswith("must be ids of this study: one picture")


def test_lines_that_are_no_http(server):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as plain:
        plain.sendall(b"hello\r\n\r\n")
        said = plain.makefile("rb").read()
    assert b'{"error": ' in said
    assert b"<html" not in said.lower()


def test_what_cannot_be_written_is_told(server, monkeypatch):
    def fail(answer):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(server.database, "add", fail)
    status, _, told = sent(server, "ann", 0, wrong=False)
    assert status == 500
    assert re.fullmatch(r"answers=.*answers\.sqlite \(database or disk is full\): could not be written", told["error"])


def test_a_taken_port(folder, server):
    page = server.page
    with pytest.raises(FileError, match=rf"port={server.server_port} \(address already in use\): must be free; try"):
        study.StudyServer(page, server.database, server.server_port)


# The database

def test_a_file_of_the_same_study_goes_on(folder, made):
    for name in ("ann", "ben"):
        database = study.Database(folder / "a.sqlite", made.study)
        assert all(database.add(answer) for answer in answers(made.study, {name: [True] * 8}))
        database.close()
    assert not list(folder.glob("a.sqlite-*"))
    assert len(read_database(folder / "a.sqlite")[1]) == 16
    connection = sqlite3.connect(folder / "a.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    rows = connection.execute("SELECT received FROM answers").fetchall()
    connection.close()
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[0]) for row in rows)


def test_servers_that_start_together_lose_nothing(folder, made):
    """Whichever makes the file, both write to it."""
    both = [answers(made.study, {name: [True]})[0] for name in ("ann", "ben")]
    for number in range(30):
        path, together = folder / f"{number}.sqlite", threading.Barrier(2)
        if number % 2:
            path.touch()

        def serve(answer, path=path, together=together):
            together.wait()
            database = study.Database(path, made.study)
            database.add(answer)
            database.close()

        threads = [threading.Thread(target=serve, args=(one,)) for one in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert read_database(path)[1] == both


def test_all_answers_are_in_the_one_file(folder, made):
    """While a server runs too: for whoever copies it, and through a link."""
    (folder / "data").mkdir()
    database = study.Database(folder / "data" / "a.sqlite", made.study)
    (folder / "link.sqlite").symlink_to(folder / "data" / "a.sqlite")
    for answer in answers(made.study, {"ann": [True] * 8}):
        database.add(answer)
    (folder / "copy.sqlite").write_bytes((folder / "data" / "a.sqlite").read_bytes())
    for name in ("link", "copy", "data/a"):
        assert len(read_database(folder / f"{name}.sqlite")[1]) == 8
    assert [path.name for path in (folder / "data").iterdir()] == ["a.sqlite"]
    database.close()


def test_what_another_file_left_is_not_taken_for_a_part(folder, made):
    """SQLite would, whichever study it is of."""
    study.Database(folder / "old.sqlite", made.study).close()
    for name in ("new", "old"):
        wal = folder / f"{name}.sqlite-wal"
        wal.write_bytes(b"left")
        with pytest.raises(FileError, match=rf"{name}\.sqlite \({name}\.sqlite-wal lies beside it\): no other program"):
            study.Database(folder / f"{name}.sqlite", made.study)
        assert wal.read_bytes() == b"left"
    assert not (folder / "new.sqlite").exists()
    with pytest.raises(FileError, match="lies beside it"):
        read_database(folder / "old.sqlite")


@pytest.mark.skipif(os.name == "nt", reason="not on this machine: processes that are killed")
def test_a_server_that_is_killed_while_it_writes(folder, made):
    """The last answer, half written, is undone by whoever reads next."""
    database = study.Database(folder / "a.sqlite", made.study)
    database.add(answers(made.study, {"ann": [True]})[0])
    database.close()
    code = ("import os, sqlite3\nc = sqlite3.connect('a.sqlite')\nc.execute('PRAGMA cache_size = 1')\n"
            "c.execute('BEGIN IMMEDIATE')\n"
            "for n in range(99):\n    c.execute(\"INSERT INTO answers SELECT 'x' || ?, trial, setup, ?, answer, wrong, "
            "1, 1, 1, '' FROM answers WHERE participant = 'ann'\", (n, 'y' * 3000))\nos.kill(os.getpid(), 9)")
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=False)
    assert (folder / "a.sqlite-journal").stat().st_size > 0
    assert len(study.read_answers([folder / "a.sqlite"]).answers) == 1


@pytest.mark.parametrize(("error", "said"), [
    (sqlite3.OperationalError("attempt to write a readonly database"), "must be a file that can be read and written; "),
    (sqlite3.OperationalError("no such table: answers"), "must be a whole file of answers; get an undamaged copy"),
    (sqlite3.DatabaseError("database disk image is malformed"), "must be a whole file of answers; get an undamaged"),
])
def test_what_is_wrong_with_a_file_is_told_from_what_is_wrong_with_its_place(folder, made, error, said, monkeypatch):
    database = study.Database(folder / "a.sqlite", made.study)
    connection = database._connection

    class Fails:
        def execute(self, line):
            raise error

    monkeypatch.setattr(database, "_connection", Fails())
    with pytest.raises(FileError, match=re.escape(f"({error}): {said}")):
        database.counts()
    connection.close()


def test_an_empty_file_is_taken(folder, made):
    (folder / "a.sqlite").touch()
    study.Database(folder / "a.sqlite", made.study).close()
    assert read_database(folder / "a.sqlite") == (made.study, [])


def spoilt(path, line):
    """Change a database."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(line)
    connection.close()


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda path: path.write_bytes(b"no database at all" * 100), "(file is not a database): must be a whole file of"),
    (lambda path: path.write_bytes(path.read_bytes()[:3000]), "(database disk image is malformed"),
    (lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\x07" * 4096 + path.read_bytes()[8192:]), "("),
    (lambda path: spoilt(path, "PRAGMA application_id = 1"), "(another program's database): must be answers"),
    (lambda path: spoilt(path, "PRAGMA user_version = 9"), "(version 9): must be of version 1"),
    (lambda path: spoilt(path, "DELETE FROM study"), "(0 studies): must be a whole file"),
    (lambda path: spoilt(path, "DROP TABLE study"), "(no such table: study): must be a whole file"),
    (lambda path: spoilt(path, "DROP TABLE answers"), "(no such table: answers): must be a whole file"),
    (lambda path: spoilt(path, "ALTER TABLE answers DROP COLUMN views"), "(no such column: views): must be a whole"),
    (lambda path: spoilt(path, f"UPDATE study SET manifest = '{'[' * 100_000}'"), "(manifest of format NoneType): mus"),
    (lambda path: spoilt(path, "UPDATE study SET id = 'x'"), "(its study is not the one it names)"),
    (lambda path: spoilt(path, "UPDATE study SET manifest = '{'"), "(manifest of format NoneType): must be"),
    (lambda path: (path.unlink(), path.mkdir()), "("),
])
def test_databases_that_cannot_be_used(folder, made, spoil, said):
    path = folder / "a.sqlite"
    database = study.Database(path, made.study)
    database.add(answers(made.study, {"ann": [True]})[0])
    database.close()
    spoil(path)
    before = None if path.is_dir() else path.read_bytes()
    with pytest.raises(FileError, match=r"^(answers|study)=.*a\.sqlite " + re.escape(said)):
        study.Database(path, made.study)
    with pytest.raises(FileError):
        study.read_answers([path])
    assert before is None or path.read_bytes() == before


def test_another_studys_file_is_refused(folder, made, make_picture):
    study.Database(folder / "a.sqlite", made.study).close()
    other = built(folder, make_picture, title="Other").page
    with pytest.raises(FileError, match=r"a\.sqlite \(of the study 'Real or fake\?', .*must be new, or of this study"):
        study.Database(folder / "a.sqlite", other.study)


@pytest.mark.parametrize(("line", "said"), [
    ("UPDATE answers SET wrong = 0", "trial 0 of ann is told as right"),
    ("UPDATE answers SET pictures = '[]'", "pictures=[]"), ("UPDATE answers SET pictures = '{'", "Expecting"),
    ("UPDATE answers SET trial = 77", "trial=77"),
    (f"UPDATE answers SET pictures = '{'[' * 100_000}'", "recursion"),
])
def test_answers_that_were_changed(folder, made, line, said):
    database = study.Database(folder / "a.sqlite", made.study)
    database.add(answers(made.study, {"ann": [True]})[0])
    database.close()
    spoilt(folder / "a.sqlite", line)
    with pytest.raises(FileError, match=re.escape(said)):
        study.read_answers([folder / "a.sqlite"])


# The command

def test_serve_refuses(folder, made):
    (folder / "s.html").write_bytes(made.html)
    (folder / "other.html").write_text("<html>")
    (folder / "photo.png").write_bytes(b"no database")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        study.Database(folder / "answers.sqlite", made.study).close()
        refused(folder, "study", "serve", "s.html", "--port", port, "--no-browser", message=f"port={port} (address")
    refused(folder, "study", "serve", "missing.html", message="study=missing.html (no such file or directory)")
    refused(folder, "study", "serve", "other.html", message="study=other.html: must be a page that")
    refused(folder, "study", "serve", "s.html", "--port", "65536", message="port=65536: must be a whole number")
    refused(folder, "study", "serve", "s.html", "--answers", "photo.png", message="answers=photo.png (file is not a")
    refused(folder, "study", "serve", "s.html", "--answers", "s.html", message="output=s.html (is an input)")
    assert (folder / "photo.png").read_bytes() == b"no database"


@pytest.mark.skipif(os.name == "nt", reason="not on this machine: these are POSIX's signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_until_it_is_stopped(folder, made, number):
    (folder / "s.html").write_bytes(made.html)
    command = [sys.executable, "-m", "patchloom", "study", "serve", "s.html", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler)) as process:
        try:
            said = process.stderr.readline()
            port = int(re.fullmatch(r"Real or fake\?  http://127\.0\.0\.1:(\d+)/  \(Ctrl-C ends it\)\n", said)[1])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/")
            assert connection.getresponse().read() == made.html
            connection.close()
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()                                # or, if it has not ended, it would be waited for
    assert (process.returncode, out, err) == (0, "", "answers.sqlite  0 answers of 0 participants\n")
    assert not list(Path().glob("answers.sqlite-*"))


def test_serve_opens_a_browser_unless_told_not_to(folder, made, monkeypatch):
    from command_line import run

    (folder / "s.html").write_bytes(made.html)
    opened, shown, left = [], threading.Event(), threading.Event()

    def stop(self, *_):                                   # reached though the browser has not come back
        assert "--no-browser" in arguments or shown.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", lambda url: (opened.append(url), shown.set(), left.wait(60)))
    monkeypatch.setattr(study.StudyServer, "serve_forever", stop)
    arguments = ["study", "serve", "s.html", "--port", 0, "--no-browser"]
    run(*arguments)
    assert opened == []
    arguments.pop()
    done = run(*arguments)
    left.set()
    assert opened == [re.search(r"http://\S+", done.stderr)[0]]
