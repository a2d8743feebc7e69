"""docs/http.md tells of the interface that there is; its commands, its Python and the example client run."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from command_line import run
from malformed_requests import wire
from patchloom.catalogue import TASKS
from patchloom.web.limits import Limits
from studio_server import answered, running

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "http.md"
TEXT = PAGE.read_text("utf-8")
USUAL = "http://127.0.0.1:8500"


def blocks(language):
    """Code blocks of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)


def marked(name):
    """What stands between two marks."""
    return TEXT.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- /{name} -->")[0]


@pytest.fixture(scope="module", name="server")
def server_fixture(tmp_path_factory):
    with running(tmp_path_factory.mktemp("studio")) as server:
        yield server


@pytest.fixture(name="folder")
def folder_fixture(tmp_path, monkeypatch):
    """A folder that has the examples."""
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_shell_lines_run(server, folder):
    """All but those that serve, in order, in one shell; what is shown as their answer is what they answer."""
    if not shutil.which("curl"):
        pytest.skip("not on this machine: curl")
    lines = "".join(block for block in blocks("sh") if "patchloom studio" not in block)
    assert lines.count("curl ") > 6
    script = f"set -eu -o pipefail\npatchloom() {{ {shlex.quote(sys.executable)} -m patchloom \"$@\"; }}\n" + lines
    done = subprocess.run(["bash", "-c", script.replace(USUAL, server.url.rstrip("/"))], capture_output=True, text=True,
                          timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    kinds = re.findall(r"^event: (\w+)$", done.stdout, re.M)
    assert kinds[0] == "state" and kinds[-1] == "done" and kinds.count("result") == 2
    assert '"state":"cancelled"' in done.stdout
    assert done.stdout.endswith(json.dumps(json.loads(blocks("json")[-1]), separators=(",", ":")))
    made = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"flowers_inpaint_7.png", "second.webp", "field.npz"} < made
    (again,) = (folder / "again").iterdir()
    assert again.read_bytes() == (folder / "flowers_inpaint_7.png").read_bytes()


def test_python_runs(server, folder, capsys, monkeypatch):
    """The page's Python; its job waits behind another one until it is followed, or it might be over before."""
    httpx = pytest.importorskip("httpx", reason="not on this machine: httpx")
    parameters, file = json.dumps({"size": [1200, 1800], "count": 16}), Path("examples/pictures/mountains.png")
    job = httpx.post(server.url + "api/jobs", data={"task": "generate", "parameters": parameters},
                     files={"image": file.read_bytes()}, timeout=240).json()
    stream = httpx.Client.stream

    @contextmanager
    def followed(*arguments, **options):
        with stream(*arguments, **options) as events:
            httpx.delete(f"{server.url}api/jobs/{job['id']}", timeout=240)
            yield events

    monkeypatch.setattr(httpx.Client, "stream", followed)
    (block,) = blocks("python")
    try:
        exec(compile(block.replace(USUAL, server.url.rstrip("/")), "docs/http.md", "exec"), {})
    finally:
        httpx.delete(f"{server.url}api/jobs/{job['id']}", timeout=240)
    with Image.open("tile.png") as made, Image.open("examples/pictures/spices.png") as source:
        assert made.size == source.size
    assert "%" in capsys.readouterr().out


def test_the_example_client_runs(server, folder):
    """It saves two results, shows progress, and cancels a long job."""
    done = subprocess.run([sys.executable, ROOT / "examples" / "16_http_client.py", server.url], capture_output=True,
                          text=True, timeout=240, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    made = sorted(path.name for path in (folder / "out").iterdir())
    assert made == ["flowers_inpaint_7.png", "flowers_inpaint_8.png"]
    assert "seed 8: out/flowers_inpaint_8.png" in done.stdout and done.stdout.endswith("generate: cancelled\n")


def test_the_example_client_tells_what_is_wrong(server, folder):
    """One line, the studio's own."""
    script = (ROOT / "examples" / "16_http_client.py").read_text("utf-8")
    command = [sys.executable, "-c", script.replace('"seed": 7', '"patch_size": 8'), server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 1
    assert done.stderr == "patch_size=8: must be odd, 3 to 31; try 7 or 9 (HTTP 422, parameter)\n"


def test_the_routes_are_those_of_the_server(server):
    """Every route of the schema is in the table, and the other way round; each parameter of its query is named."""
    schema = json.loads(answered(server.send(wire(server.host, path="/openapi.json")))[2])
    there = {(verb.upper(), path) for path, verbs in schema["paths"].items() for verb in verbs}
    told = set(re.findall(r"`(GET|POST|DELETE) (/[^`]*)`", TEXT.partition("## Routes")[2].partition("### ")[0]))
    assert told - {("GET", "/openapi.json"), ("GET", "/docs")} == there
    for path, verbs in schema["paths"].items():
        for verb, about in verbs.items():
            row = re.search(rf"^.*`{verb.upper()} {re.escape(path)}`.*$", TEXT, re.M)[0]
            for parameter in about.get("parameters", ()):
                assert parameter["in"] == "path" or f"`{parameter['name']}`" in row, (path, parameter["name"])


def test_parts_and_parameters_are_those_of_the_catalogue():
    """Names that the page gives tasks, files and parameters."""
    seconds = {second: task.name for task in TASKS.values() for second in task.takes[1:]}
    for second, name in seconds.items():
        assert f"`{second}` for `{name}`" in TEXT
    files = {role.name for task in TASKS.values() for role in task.roles}
    assert set(re.findall(r"`(hole|mask|protect|remove|object)`", TEXT)) <= files
    options = {(option.name, task.name) for task in TASKS.values() for option in task.options}
    for name, task in re.findall(r"^\| `(\w+)` \((\w+)[,)]", TEXT, re.M):
        assert (name, task) in options


def limits():
    """Return the page's table of limits, as it has to be."""
    usual = Limits()
    rows = [
        ("pixels of a picture that is sent, and of a result", f"{usual.pixels / 10**6:g} megapixels", "--max-pixels",
         422),
        ("bytes of a request", f"{usual.body // 10**6} MB", "--max-body", 413),
        ("results of a job", usual.count, "--max-count", 422),
        ("jobs that wait", usual.queue, "--queue", 429),
        ("time that a job may run", f"{usual.seconds:g} s", "--max-seconds", "job fails"),
        ("memory that a run may take, by its estimate", f"{usual.memory / 10**9:g} GB", "--memory", 422),
        ("pictures that wait and results that are kept, together", f"{usual.held / 10**9:g} GB", "--hold", 429),
        ("time that results are kept", f"{usual.kept / 60:g} min", "--keep", 410),
    ]
    lines = ["| what | by default | option | beyond it |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| {what} | {much} | `{option}` | {beyond} |" for what, much, option, beyond in rows])


def test_the_limits_are_those_of_the_code():
    """Value and option of each, and what is answered beyond it."""
    assert marked("limits") == limits(), f"docs/http.md: between the marks `limits` is to be\n{limits()}"
    known = run("studio", "--help").output
    assert all(option in known for option in re.findall(r"--[a-z][a-z-]+", marked("limits")))


def test_the_codes_are_those_of_the_code():
    """Whatever the server's modules call an error, and no others."""
    from patchloom.web import errors, problems

    found = {(str(status), code) for status, code in errors.CODES.items()}
    for path in (ROOT / "src" / "patchloom" / "web").glob("*.py"):
        found |= set(re.findall(r'(?:Refusal|Problem)\(\s*(\d{3}), "([a-z-]+)"', path.read_text("utf-8")))
    found |= {(str(status), code) for _, status, code in problems._KINDS}
    told = {(status, code) for code, status in re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", marked("codes"), re.M)}
    assert told == found


def test_links_lead_to_files():
    """Links of the page, and links to it."""
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert link.startswith("http") or (PAGE.parent / link).exists(), link
    for page in ("tasks/README.md", "studio.md"):
        assert "http.md" in (ROOT / "docs" / page).read_text("utf-8"), page
