"""Expectations that are right and that millrace does not meet yet.

The mark is strict: when the fault is mended the test fails as an unexpected pass, and whoever mended it takes the mark
away. Against another broker the mark does nothing.
"""

import os

import pytest


def known_fault(reason):
    return pytest.mark.xfail("MILLRACE_E2E_ADDRESS" not in os.environ, reason=reason, strict=True)
