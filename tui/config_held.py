"""The configuration as a dashboard sees it: read anew at every look, and never in its way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tui.config import Loaded, load
from tui.exits import ConfigError
from tui.tables import Config, keys


def held(path: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[Loaded, str]:
    """Return the effective configuration and what is wrong with it, "" when nothing is.

    Without a file, or while it cannot be read, the defaults stand in.
    """
    trouble = ""
    if path is not None:
        try:
            return load(path if path.exists() else None, environ), ""
        except (ConfigError, OSError) as error:
            trouble = str(error)
    sources = {(key.table, key.name): "default" for key in keys()}
    return Loaded(config=Config(), sources=sources, path=path or Path()), trouble
