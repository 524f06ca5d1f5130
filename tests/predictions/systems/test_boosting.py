"""The worker starts without the library that it does not use."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["predictions.worker.app", "predictions.coordinator.app"])
def test_no_service_imports_scikit_learn_to_start(name: str) -> None:
    code = f"import sys, {name}; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_hides_it_leaves_it_to_be_imported_by_others() -> None:
    code = "import predictions.systems.boosting, sklearn; from sklearn.base import BaseEstimator"
    subprocess.run([sys.executable, "-c", code], check=True)
