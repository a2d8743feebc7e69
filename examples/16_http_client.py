"""A small client of the studio's HTTP interface, with the standard library alone: submit, follow, save.

Start `patchloom studio --no-browser` (extra `web`), then run this; the studio's address may be given as an argument.
"""

import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import urljoin


class Studio:
    """A studio at an address."""

    def __init__(self, url="http://127.0.0.1:8500/"):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))       # it is on this machine

    def ask(self, path, method="GET", body=None, **headers):
        """Return an open response; wait as told where the queue is full; say what the studio says is wrong."""
        while True:
            request = urllib.request.Request(urljoin(self.url, path), body, headers, method=method)
            try:
                return self.opener.open(request, timeout=60)
            except urllib.error.HTTPError as error:
                told = json.load(error)["error"]
                if error.code not in (429, 503):
                    raise SystemExit(f"{told['message']} (HTTP {told['status']}, {told['code']})") from None
                time.sleep(float(error.headers["Retry-After"]))

    def submit(self, task, parameters, **files):
        """Send a job: `image`, and whatever else the task takes, are paths, or lists of them. Returns its state."""
        boundary = uuid.uuid4().hex
        parts = [(f'name="{name}"', text.encode())
                 for name, text in (("task", task), ("parameters", json.dumps(parameters)))]
        for name, paths in files.items():
            for path in paths if isinstance(paths, list) else [paths]:
                parts.append((f'name="{name}"; filename="{Path(path).name}"', Path(path).read_bytes()))
        body = b"".join(f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n"
                        for head, data in parts) + f"--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return json.load(self.ask("api/jobs", "POST", body, **{"Content-Type": kind}))

    def follow(self, job):
        """Yield (kind, what it says) of each event of a job until it ends."""
        kind = "message"
        with self.ask(f"api/jobs/{job['id']}/events") as stream:
            for line in stream:
                name, _, text = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = text
                elif name == "data":
                    yield kind, json.loads(text)

    def save(self, job, index, folder):
        """Write a result, which carries its settings, under the name that the studio gives it."""
        with self.ask(f"api/jobs/{job['id']}/image?index={index}") as response:
            path = Path(folder) / Path(response.headers.get_filename()).name
            path.write_bytes(response.read())
        return path


def main():
    studio = Studio(*sys.argv[1:])
    out = Path("out")
    out.mkdir(exist_ok=True)
    pictures = Path("examples/pictures")

    job = studio.submit("inpaint", {"seed": 7, "count": 2}, image=pictures / "flowers.png",
                        hole=pictures / "tasks" / "inpaint_hole.png")
    for kind, told in studio.follow(job):
        if kind == "step":
            print(f"seed {told['seed']}: {told['progress']:.0%}", end="\r")
        elif kind == "result":
            print(f"seed {told['seed']}: {studio.save(job, told['index'], out)}, {told['seconds']:.2f} s")
        elif kind in ("failed", "cancelled"):
            raise SystemExit(told["error"]["message"] if told["error"] else kind)

    long = studio.submit("generate", {"size": [1500, 2000], "count": 8}, image=pictures / "mountains.png")
    stopped = json.load(studio.ask(f"api/jobs/{long['id']}", "DELETE"))                  # changed our mind
    print(f"{long['task']}: {stopped['state']}")


if __name__ == "__main__":
    main()
