# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def guest(tmp_path) -> Path:
    """A program that sets times; tools.PRINTS has what it prints."""
    return Path(shutil.copy(Path(__file__).with_name("guest.c"), tmp_path))
