# tries: the same by an import that is said to be optional
import pytest
pytest.importorskip("not_there_at_all")
