"""What the package cannot do without: imported first, so that its absence is one clear error."""

from __future__ import annotations

from ..errors import MissingExtraError

try:
    import safetensors  # noqa: F401
    import torch  # noqa: F401
except ImportError as error:
    raise MissingExtraError(
        f"singan needs {error.name or 'torch'}, which is not installed; "
        'pip install "patchloom[torch]"; where a CPU is all there is, first '
        "pip install torch --index-url https://download.pytorch.org/whl/cpu"
    ) from error
