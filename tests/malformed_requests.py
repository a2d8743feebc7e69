"""Requests that lie, break off or look for ways around: name -> bytes as they go over the wire."""

import json

from conftest import make_picture
from malformed_files import saved
from studio_server import multipart

PICTURE = saved(make_picture(16, 24), "PNG")
IMAGE = ('name="image"; filename="a.png"', PICTURE)
TASK = ('name="task"', "generate")
FORM = "multipart/form-data; boundary=edge"


def wire(host, method="GET", path="/", headers=(), body=b"", kind=None, length=None):
    """A request as bytes; `headers` are lines, and a Host among them takes the place of the right one."""
    lines = [line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape") for line in headers]
    if not any(line.lower().startswith(b"host") for line in lines):
        lines.insert(0, b"Host: " + host.encode())
    if kind is not None:
        lines.append(b"Content-Type: " + kind.encode())
    if body or length is not None:
        lines.append(b"Content-Length: " + str(len(body) if length is None else length).encode())
    path = path if isinstance(path, bytes) else path.encode("utf-8")
    return b"\r\n".join([method.encode() + b" " + path + b" HTTP/1.1", b"Connection: close", *lines, b"", b""]) + body


def posted(host, *parts, path="/api/jobs", kind=FORM, headers=(), length=None, **options):
    """A job, or what is to look like one."""
    return wire(host, "POST", path, headers, multipart(*parts, **options), kind, length)


def paths(host):
    """Ways out of the folders, odd names and odd numbers."""
    found = [
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/..%5capp.py",
        "/static/....//app.py", "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/%00",
        "/static/main.js%00.png", "/static/", "/static", "/static/.", "/static/C:%5cboot.ini",
        "/static/%c0%ae%c0%ae/app.py", "/static/%252e%252e/app.py", "/static/a%0d%0ab", "/static/" + "a/" * 2000,
        "/static/" + "a" * 5000, "/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd", "/.git/config",
        "/api/examples/../app.py", "/api/examples/%2e%2e%2f%2e%2e%2fapp.py", "/api/examples/..%5c..%5capp.py",
        "/api/examples/flowers.png%00.txt", "/api/examples/%2fetc%2fpasswd", "/api/examples/" + "a" * 3000,
        "/api/examples/SOURCES.md", "/api/examples/~root", "/api/examples/con",
        "/api/examples/file:%2f%2f%2fetc%2fpasswd", "/api/jobs/../tasks", "/api/jobs/%2e%2e", "/api/jobs/0",
        "/api/jobs/-1", "/api/jobs/nan", "/api/jobs/%00", "/api/jobs/" + "a" * 5000, "/api/jobs/%27%20OR%201=1",
        "/api/jobs/%f0%9f%98%80", "/api/jobs/a/events", "/api/jobs/a/image", "/api/jobs/a/image?index=-1",
        "/api/jobs/a/image?index=nan", "/api/jobs/a/image?index=1e400", "/api/jobs/a/image?index=" + "9" * 5000,
        "/api/jobs/a/image?index=0&index=1", "/api/jobs/a/image?index=", "/api/jobs/a/image?format=exe",
        "/api/jobs/a/image?index=%00", "/api/jobs/a/preview?side=-1", "/api/jobs/a/preview?side=99999999999",
        "/api/jobs/a/preview?side=[]", "/api/jobs/a/maps/..%2f..%2fa", "/api/jobs/a/maps/%00",
        "/api/jobs/a/field?index=%ff", "/api/jobs/a/metadata?index=0x10", "/api", "/api/", "/api/nothing",
        "/api//tasks", "//api/tasks", "/API/TASKS", "/api/tasks/", "/api/tasks%00", "/docs/..", "/openapi.json/",
        "/favicon.ico/..",
    ]
    return {f"path {path[:60]} {len(path)}": wire(host, path=path) for path in found}


def methods(host):
    """Verbs that no path takes."""
    found = [
        ("PUT", "/api/jobs"), ("PATCH", "/api/jobs/a"), ("DELETE", "/api/jobs"), ("POST", "/api/tasks"), ("POST", "/"),
        ("DELETE", "/"), ("TRACE", "/"), ("CONNECT", "/"), ("OPTIONS", "/api/jobs"), ("FOO", "/api/tasks"),
        ("GET", "/api/preview"), ("PUT", "/static/main.js"), ("DELETE", "/api/examples/flowers.png"),
        ("PROPFIND", "/"), ("POST", "/openapi.json"), ("POST", "/docs"), ("DELETE", "/api/jobs/a"),
    ]
    return {f"method {method} {path}": wire(host, method, path) for method, path in found}


def foreign(host):
    """What pages from elsewhere would send, and names that are not ours."""
    port = host.rpartition(":")[2]
    hosts = [
        "evil.example", f"evil.example:{port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1:{port}@evil.example", "",
        f"localhost.evil.example:{port}", f"127.0.0.1:{port}.evil.example", f"[::ffff:127.0.0.1]:{port}", "0.0.0.0",
        f"user@127.0.0.1:{port}", f"127.0.0.1:{port}/", f"127.0.0.1:0{port}", "a" * 4000,
    ]
    origins = [
        "null", "http://evil.example", f"https://{host}", f"http://{host}.evil.example", "http://127.0.0.1:1", "",
        f"http://{host}/", "file://", f"http://{host} http://evil.example", "chrome-extension://a",
    ]
    found = {f"host {name[:40]}": wire(host, path="/api/tasks", headers=[f"Host: {name}"]) for name in hosts}
    found |= {f"origin {name[:40]}": posted(host, TASK, IMAGE, headers=[f"Origin: {name}"]) for name in origins}
    found |= {f"site {site}": posted(host, TASK, IMAGE, headers=[f"Sec-Fetch-Site: {site}"])
              for site in ("cross-site", "same-site", "nonsense", "")}
    found |= {
        "host twice": wire(host, path="/api/tasks", headers=[f"Host: {host}", f"Host: {host}"]),
        "host forwarded": wire(host, path="/api/tasks", headers=["Host: evil.example", f"X-Forwarded-Host: {host}"]),
        "origins": posted(host, TASK, IMAGE, headers=[f"Origin: http://{host}", "Origin: http://evil.example"]),
        "absolute": wire(host, path="http://evil.example/api/tasks", headers=["Host: evil.example"]),
        "events": wire(host, path="/api/jobs/a/events", headers=["Origin: http://evil.example"]),
        "cancel": wire(host, "DELETE", "/api/jobs/a", headers=["Origin: http://evil.example"]),
        "tasks from elsewhere": wire(host, path="/api/tasks", headers=["Sec-Fetch-Site: cross-site"]),
        "preflight": wire(host, "OPTIONS", "/api/jobs", [
            "Origin: http://evil.example", "Access-Control-Request-Method: POST"]),
    }
    return found


def bodies(host):
    """Forms that are none."""
    part = b"--edge\r\n"
    kinds = [
        "", "text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
        "multipart/mixed", "multipart/form-data; boundary=", "multipart/form-data; boundary=other",
        "multipart/form-data; boundary=" + "e" * 3000, 'multipart/form-data; boundary="edge',
        "multipart/form-data; charset=utf-99; boundary=no", "image/png", "a" * 4000,
    ]
    found = {f"kind {number}": posted(host, TASK, IMAGE, kind=kind) for number, kind in enumerate(kinds)}
    raw = {
        "nothing": b"", "no end": multipart(TASK, IMAGE, end=False)[:-1], "only an end": b"--edge--\r\n",
        "json": b"{}", "no head": part + b"\r\n\r\n--edge--\r\n", "no name": multipart(("x=1", "a"), IMAGE),
        "no disposition": part + b"Content-Type: text/plain\r\n\r\na\r\n--edge--\r\n",
        "broken head": part + b"Content-Disposition\r\n\r\na\r\n--edge--\r\n", "nulls": bytes(9999),
        "lines": b"\r\n" * 9999, "edges": b"--edge" * 3000,
        "folded": part + b"Content-Disposition: form-data;\r\n name=task\r\n\r\na\r\n--edge--\r\n",
        "long head": part + b"Content-Disposition: form-data; name=" + b"a" * 99_999 + b"\r\n\r\na\r\n--edge--\r\n",
        "many heads": part + b"X-A: 1\r\n" * 5000 + b"\r\na\r\n--edge--\r\n", "noise": PICTURE,
        "no utf-8": multipart(('name="task"', b"\xff\xfe"), IMAGE),
        "encoded": (part + b"Content-Disposition: form-data; name=task\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                    b"Z2VuZXJhdGU=\r\n--edge--\r\n"),
    }
    found |= {f"body {name}": wire(host, "POST", "/api/jobs", body=body, kind=FORM) for name, body in raw.items()}
    found |= {f"preview {name}": wire(host, "POST", "/api/preview", body=body, kind=FORM) for name, body in raw.items()}
    return found


def parts(host):
    """Forms of the wrong parts, or too many of them."""
    numbers = ('name="parameters"', "{}")
    text = {
        "long task": "g" * 200_000, "null task": "gen\0erate", "no task": "", "other task": "Generate",
        "path": "../generate", "private": "__class__", "two lines": "generate\r\nX: 1", "letters": "générer",
        "emoji": "\U0001f600",
    }
    found = {name: posted(host, ('name="task"', task), IMAGE) for name, task in text.items()}
    files = {
        "field with a path": "../../image", "field of nothing": "", "field of nulls": "\0", "field of dots": "map.",
        "map of a path": "map.../../x", "map of a space": "map. ", "long field": "i" * 9000, "unknown field": "pixels",
        "other task's": "hole", "private field": "__init__", "field of letters": "bild\u202e",
    }
    found |= {name: posted(host, TASK, IMAGE, (f'name="{field}"; filename="a.png"', PICTURE))
              for name, field in files.items()}
    found |= {
        "task twice": posted(host, TASK, TASK, IMAGE), "parameters twice": posted(host, TASK, numbers, numbers, IMAGE),
        "image twice": posted(host, TASK, IMAGE, IMAGE), "no image": posted(host, TASK), "no parts": posted(host),
        "image as text": posted(host, TASK, ('name="image"', PICTURE)),
        "task as file": posted(host, ('name="task"; filename="t"', PICTURE), IMAGE),
        "parameters as file": posted(host, TASK, ('name="parameters"; filename="p"', PICTURE), IMAGE),
        "empty image": posted(host, TASK, ('name="image"; filename="a.png"', b"")),
        "many files": posted(host, TASK, *[IMAGE] * 2000), "many texts": posted(host, *[('name="a"', "b")] * 20_000),
        "many fields": posted(host, TASK, *[(f'name="f{n}"', "b") for n in range(5000)]),
        "collage of many": posted(host, ('name="task"', "collage"), *[IMAGE] * 500),
        "many maps": posted(host, TASK, IMAGE, *[(f'name="map.m{n}"; filename="a.png"', PICTURE) for n in range(300)]),
        "large text": posted(host, TASK, ('name="parameters"', " " * 5_000_000 + "{}"), IMAGE),
        "no hole": posted(host, ('name="task"', "inpaint"), IMAGE),
        "hole is text": posted(host, ('name="task"', "inpaint"), IMAGE, ('name="hole"; filename="h.png"', b"white")),
        "hole of another size": posted(host, ('name="task"', "inpaint"), IMAGE, (
            'name="hole"; filename="h.png"', saved(make_picture(9, 9), "PNG"))),
        "preview of nothing": posted(host, path="/api/preview"),
        "preview twice": posted(host, IMAGE, IMAGE, path="/api/preview"),
        "preview and more": posted(host, IMAGE, TASK, path="/api/preview"),
    }
    return found


def numbers(host):
    """Parameters that are no JSON, or no object, or odd ones."""
    texts = [
        "", " ", "null", "true", "1", '"a"', "[]", "{", "}", "{}{}", "{'count': 1}", "\ufeff{}", "\0", '{"count": }',
        "{,}", "NaN", '{"alpha": NaN}', '{"alpha": Infinity}', '{"alpha": -Infinity}', '{"alpha": 1e999}',
        '{"alpha": -1e999}', "[" * 100_000, '{"a":' * 50_000, "{" * 100_000,
        '{"size": ' + "[" * 50_000 + "]" * 50_000 + "}", '{"count": ' + "9" * 5000 + "}",
        '{"seed": ' + "9" * 400 + "}", '{"seed": -1}', '{"seed": 1.5}', '{"seed": 18446744073709551616}',
        '{"seed": "\\ud800"}', '{"count": 1, "count": 2}', '{"count": 0}', '{"count": 65}', '{"count": 1e300}',
        '{"count": "64"}', '{"count": true}', '{"": 1}', '{"\\u0000": 1}', '{"\\ud800": 1}', '{"__class__": 1}',
        '{"patch_size": 8}', '{"patch_size": -7}', '{"noise": "x"}', '{"patch_size": 1e308}', '{"size": [0, 0]}',
        '{"size": [-1, 9]}', '{"size": [1]}', '{"size": "9x9"}', '{"size": [1e9, 1e9]}', '{"size": [32768, 32768]}',
        '{"size": [99999999999999999999, 1]}', '{"size": {"a": 1}}', '{"size": [[1], [1]]}', '{"size": [16, null]}',
        '{"preset": "no"}', '{"preset": ["default"]}', '{"preset": {}}', '{"diversity": 1}', '{"tile": "z"}',
        '{"map_weights": {"a": 1}}', '{"map_weights": [1]}', '{"map_weights": {"image": NaN}}', '{"alpha": 0}',
        '{"alpha": -1}', '{"coarsest": 3}', '{"coarsest": 100000}', '{"iterations": 100000}', '{"threads": 99}',
        '{"memory": 1}', '{"on_step": "x"}', json.dumps({f"p{n}": n for n in range(10_000)}),
        json.dumps({"preset": "p" * 100_000}), json.dumps({"noise": [1] * 50_000}),
    ]
    return {f"parameters {number} {text[:40]!r}": posted(host, TASK, ('name="parameters"', text), IMAGE)
            for number, text in enumerate(texts)}


def framing(host):
    """What is hardly HTTP: answered with some error of 400 and more, or not at all."""
    good = multipart(TASK, IMAGE)
    chunked = ["Transfer-Encoding: chunked"]
    return {
        "noise": PICTURE, "tls": bytes.fromhex("16030100a5010000a10303") + bytes(150),
        "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "http/0.9": b"GET /\r\n\r\n", "no version": b"GET / \r\nHost: a\r\n\r\n",
        "version": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "lines": b"\r\n" * 5000, "half": b"GET / HT",
        "no host": b"GET /api/tasks HTTP/1.1\r\nConnection: close\r\n\r\n",
        "no host 1.0": b"GET /api/tasks HTTP/1.0\r\n\r\n", "no target": b"GET HTTP/1.1\r\n\r\n", "nulls": bytes(2000),
        "long target": wire(host, path="/" + "a" * 200_000), "long header": wire(host,
        headers=["X-A: " + "a" * 200_000]),
        "many headers": wire(host, path="/nothing", headers=[f"X-{n}: {n}" for n in range(3000)]),
        "header without a name": wire(host, path="/nothing", headers=[": a"]), "header of nulls": wire(
            host, path="/nothing", headers=["X-A: a\0b"]), "letters in a path": wire(host,
            path="/\u00e4\U0001f600".encode()),
        "spaces in a path": wire(host, path="/a b c"), "smuggled": wire(
            host, "POST", "/api/jobs", ["Transfer-Encoding: chunked"], good, FORM), "encodings": wire(
            host, "POST", "/api/jobs", ["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n", FORM, length=None),
        "bad chunk": wire(host, "POST", "/api/jobs", [*chunked, f"Content-Type: {FORM}"]) + b"zz\r\nabc\r\n0\r\n\r\n",
        "huge chunk": wire(host, "POST", "/api/jobs", [*chunked, f"Content-Type: {FORM}"]) + b"ffffffffffffffff\r\nabc",
        "length of letters": posted(host, TASK, length="many"), "negative length": posted(host, TASK, length=-5),
        "huge length": posted(host, TASK, length=10**30), "too large": posted(host, TASK, length=10**10),
        "two lengths": posted(host, TASK, headers=["Content-Length: 3"]), "cut off": posted(host, TASK, IMAGE)[:-40],
        "gzip": wire(host, "POST", "/api/jobs", ["Content-Encoding: gzip"], b"\x1f\x8b" + bytes(100), FORM),
    }


def refused(host):
    """All that is whole HTTP and must be refused in the one shape."""
    return {f"{name}: {key}": data
            for name, group in (("path", paths), ("method", methods), ("foreign", foreign), ("body", bodies),
                                ("parts", parts), ("numbers", numbers)) for key, data in group(host).items()}
