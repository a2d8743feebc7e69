"""What answers look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """What went wrong."""

    status: int = Field(description="Of HTTP.")
    code: str = Field(description="One word for programs: parameter, image, file, upload, memory, queue, not-found...")
    message: str = Field(description="One line for people: what, got, allowed, remedy.")
    field: str | None = Field(description="The parameter or file that it is about.")


class Error(BaseModel):
    """The one shape of all errors."""

    error: Problem


class ImageField(BaseModel):
    """A picture that a task takes."""

    name: str = Field(description="The field of the form.")
    help: str
    many: bool = Field(description="The field may be repeated.")


class FileField(BaseModel):
    """A picture that may go with it."""

    name: str = Field(description="The field of the form.")
    help: str
    required: bool
    kind: Literal["mask", "picture"]


class Parameter(BaseModel):
    """One key of the object `parameters`."""

    name: str
    label: str
    help: str
    kind: Literal[
        "integer", "number", "choice", "flag", "colour", "fill", "moves", "shift", "places", "weights", "size",
        "weights_by_name",
    ]
    default: Any = Field(description="null: chosen later, as `told` says.")
    low: float | str | None
    high: float | str | None = Field(description='"inf" stands for infinity, here and in parameters.')
    unit: str
    odd: bool
    choices: list[str]
    told: str = Field(description="The default in words, where that says more.")
    group: Literal["result", "task", "expert"]


class Task(BaseModel):
    """One application."""

    name: str
    title: str
    help: str
    images: list[ImageField]
    files: list[FileField]
    size: Literal["optional", "required", ""]
    result: Literal["image", "animation"]
    presets: dict[str, dict[str, Any]] = Field(description="Named settings: values of the numbers.")
    parameters: list[Parameter]


class Limits(BaseModel):
    """What the studio accepts."""

    pixels: int = Field(description="Of one picture that is sent, and of a result.")
    bytes: int = Field(description="Of one request.")
    count: int = Field(description="Results of one job.")
    seconds: float = Field(description="That a job may run.")
    queue: int = Field(description="Jobs that may wait.")


class Tasks(BaseModel):
    """Everything that can be asked for."""

    version: str
    limits: Limits
    tasks: list[Task]


class Example(BaseModel):
    """A picture to begin with; addresses are relative to the page."""

    name: str
    title: str
    task: str
    image: str
    files: dict[str, str | list[str]] = Field(description="By field; of image those that come after the first.")
    parameters: dict[str, Any]


class Result(BaseModel):
    """One finished result."""

    index: int
    seed: int
    width: int
    height: int
    bytes: int = Field(description="That it takes in the studio.")
    type: str = Field(description="Of its file, such as image/png.")
    seconds: float
    sha256_of_pixels: str
    maps: list[str] = Field(description="Names of the maps that followed it.")
    formats: list[str] = Field(description="Kinds of file that hold its pixels, for `format`.")


State = Literal["queued", "running", "done", "failed", "cancelled"]


class Accepted(BaseModel):
    """A job that was taken."""

    id: str
    task: str
    state: State
    position: int = Field(description="1 is the next that runs; 0 if it does not wait.")
    seeds: list[int] = Field(description="One for each result, in order.")


class Job(Accepted):
    """A job and what has become of it."""

    progress: float = Field(ge=0, le=1)
    results: list[Result]
    error: Problem | None
