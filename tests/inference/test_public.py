import subprocess
import sys

import inference

# Nothing of the site, and nothing heavy: pages must answer before a model is there.
HEAVY = "'torch', 'transformers', 'django', 'channels', 'chat', 'chatsite'"


def test_all_names_exist_and_are_sorted():
    assert inference.__all__ == sorted(inference.__all__)
    assert [name for name in inference.__all__ if not hasattr(inference, name)] == []


def test_import_inference_loads_neither_a_model_library_nor_the_site():
    code = f"import sys, inference; print([m for m in ({HEAVY}) if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_engine_runs_without_django():
    code = (
        "import sys; sys.modules['django'] = None; sys.modules['channels'] = None\n"
        "import inference.engine.engine, inference.engine.thread, inference.backends.local, inference.benchmarking\n"
        "import inference.training, inference.evaluation\n"
        "print('ok')"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "ok"
