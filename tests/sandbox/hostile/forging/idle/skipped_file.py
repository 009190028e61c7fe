# tries: to have the whole file skipped as it is imported
import pytest
pytest.skip("not today", allow_module_level=True)
