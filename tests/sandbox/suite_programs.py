"""Test files for the runners: those that `plain` runs, and those that only look like it. All may import `add`."""

PLAIN = {
    "functions": """\
        from calc import add
        def test_a():
            assert add(1, 2) == 3
        def test_b():
            assert add(1, 2) == 4
        """,
    "imported names": """\
        from calc import *
        from calc import add as sum_up
        def helper(x):
            pass
        def test_a():
            assert add(1, 1)
        """,
    "unittest": """\
        import unittest
        log = []
        def setUpModule():
            log.append("module")
        class Base(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.value = 3
            def setUp(self):
                self.addCleanup(log.append, "clean")
                self.one = 1
            def test_base(self):
                self.assertEqual(self.one, 1)
        class MoreTest(Base):
            def test_more(self):
                self.assertEqual(self.value, 3)
                self.assertEqual(log[0], "module")
            def test_wrong(self):
                self.assertEqual(self.value, 4)
            def test_sub(self):
                for n in range(3):
                    with self.subTest(n=n):
                        self.assertNotEqual(n, 1)
            @unittest.skip("no")
            def test_skip(self):
                self.fail()
            def test_skip_inside(self):
                self.skipTest("now")
            @unittest.expectedFailure
            def test_expected(self):
                self.fail()
            @unittest.expectedFailure
            def test_unexpected(self):
                pass
        @unittest.skip("all")
        class Skipped(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                raise ValueError
            def test_a(self):
                pass
        if __name__ == "__main__":
            unittest.main()
        """,
    "unittest that breaks outside the tests": """\
        from unittest import TestCase
        class SetUp(TestCase):
            @classmethod
            def setUpClass(cls):
                raise ValueError("up")
            def test_a(self):
                pass
            def test_b(self):
                pass
        class TearDown(TestCase):
            @classmethod
            def tearDownClass(cls):
                raise ValueError("down")
            def test_a(self):
                pass
            def test_b(self):
                pass
        class Each(TestCase):
            def tearDown(self):
                raise ValueError("each")
            def test_a(self):
                pass
        class Cleanup(TestCase):
            @classmethod
            def setUpClass(cls):
                cls.addClassCleanup(int, "x")
            def test_a(self):
                pass
        class RunTest(TestCase):
            def runTest(self):
                pass
        """,
    "asynchronous unittest": """\
        import asyncio, unittest
        class WaitTest(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                self.one = 1
            async def test_wait(self):
                self.assertEqual(await asyncio.sleep(0, self.one), 1)
            async def test_wrong(self):
                self.assertEqual(await asyncio.sleep(0, self.one), 2)
        """,
    "parameters": """\
        import pytest
        from enum import Enum
        class Color(Enum):
            RED = 1
        @pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 3), pytest.param(3, 4, id="named"), (None, "ünï x")])
        def test_a(a, b):
            assert a is not None
        @pytest.mark.parametrize("x", [1, 1, "1", 1.5, True, b"b", [1], {}, Color.RED, int, "", -0.0])
        def test_x(x):
            assert x != 1.5
        @pytest.mark.parametrize("y", ["a\\nb", "y" * 200])
        def test_text(y):
            assert y
        @pytest.mark.parametrize("x", [0, 1])
        @pytest.mark.parametrize("y", [2, 3], ids=["two", "three"])
        def test_two(x, y):
            assert x < y
        @pytest.mark.parametrize("z", [2, 3], ids=str)
        def test_ids(z):
            pass
        @pytest.mark.parametrize("w,", [(1,), (2,)])
        def test_comma(w):
            assert w == 1
        """,
    "marked parameters": """\
        import pytest
        @pytest.mark.parametrize("x", [
            1,
            pytest.param(2, marks=pytest.mark.skip),
            pytest.param(3, marks=pytest.mark.xfail(raises=ValueError)),
            pytest.param(4, marks=[pytest.mark.xfail]),
        ])
        def test_x(x):
            assert x < 3
        """,
    "marks": """\
        import pytest, sys
        @pytest.mark.skip
        def test_a():
            assert False
        @pytest.mark.skip(reason="no")
        def test_b():
            assert False
        @pytest.mark.skipif(sys.version_info > (3,), reason="no")
        def test_c():
            assert False
        @pytest.mark.skipif(False, reason="no")
        def test_d():
            pass
        @pytest.mark.xfail
        def test_e():
            assert False
        @pytest.mark.xfail(strict=True)
        def test_f():
            pass
        @pytest.mark.xfail
        def test_g():
            pass
        @pytest.mark.xfail(raises=KeyError)
        def test_h():
            raise ValueError
        @pytest.mark.xfail(run=False)
        def test_i():
            raise SystemExit
        @pytest.mark.xfail(False, reason="not here")
        def test_j():
            assert False
        @pytest.mark.skipif(True)
        def test_k():
            pass
        @pytest.mark.xfail(raises=KeyError)
        class TestAll:
            def test_l(self):
                raise KeyError
            @pytest.mark.skip
            def test_m(self):
                pass
        def test_n():
            pytest.skip("now")
        def test_o():
            pytest.xfail("now")
        def test_p():
            pytest.fail("now")
        def test_q():
            pytest.importorskip("not_there_at_all")
        """,
    "a marked file": "import pytest\npytestmark = pytest.mark.skip\ndef test_a():\n    assert False\n",
    "a file marked twice": (
        "import pytest\npytestmark = [pytest.mark.xfail, pytest.mark.slow]\ndef test_a():\n    assert False\n"
    ),
    "classes": """\
        import pytest
        class TestA:
            count = 0
            @classmethod
            def setup_class(cls):
                cls.ready = True
            def setup_method(self, method):
                self.name = method.__name__
            def teardown_method(self):
                type(self).count += 1
            def test_a(self):
                assert self.ready and self.name == "test_a" and self.count == 0
            def test_b(self):
                assert self.count == 1
            @pytest.mark.parametrize("x", [1, 2])
            def test_x(self, x):
                assert x == 1
            def helper(self, x):
                return x
        class TestB(TestA):
            def test_a(self):
                assert False
            def test_c(self):
                assert self.ready
        class TestInit:
            def __init__(self):
                pass
            def test_a(self):
                pass
        class Helper:
            def test_a(self):
                assert False
        class TestTorn:
            def teardown_method(self, method):
                raise ValueError
            def test_a(self):
                pass
        class TestNotReady:
            def setup_method(self):
                raise ValueError
            def teardown_method(self):
                raise KeyError
            def test_a(self):
                pass
        """,
    "module set-up": """\
        ready = []
        def setup_module(module):
            module.ready.append(1)
        def teardown_module():
            raise ValueError
        def setup_function(function):
            ready.append(function.__name__)
        def teardown_function():
            ready.pop()
        def test_a():
            assert ready == [1, "test_a"]
        class TestA:
            def test_b(self):
                assert ready == [1]
        """,
    "broken module set-up": (
        "def setup_module():\n    1 / 0\ndef teardown_module():\n    {}['x']\n"
        "def test_a():\n    pass\ndef test_b():\n    pass\n"
    ),
    "raising": """\
        import sys, pytest
        def test_exit():
            sys.exit(0)
        def test_interrupt():
            raise KeyboardInterrupt
        def test_recursion():
            test_recursion()
        def test_base():
            raise GeneratorExit
        def test_raises():
            with pytest.raises(ValueError, match="no"):
                raise ValueError("no")
        def test_not_raised():
            with pytest.raises(ValueError):
                pass
        def test_approx():
            assert 0.1 + 0.2 == pytest.approx(0.3)
        def test_warns():
            import warnings
            with pytest.warns(UserWarning):
                warnings.warn("x")
        def test_skip_test():
            import unittest
            raise unittest.SkipTest("x")
        """,
    "odd objects": """\
        class Odd:
            def __repr__(self):
                raise SystemExit
            def __eq__(self, other):
                return False
        class Loud(Exception):
            def __str__(self):
                raise KeyboardInterrupt
        def test_repr():
            assert Odd() == Odd()
        def test_str():
            raise Loud
        def test_percent():
            assert "100%" == "100%%s {x}"
        def test_surrogate():
            assert "\\ud800" == "a"
        """,
    "a script": "from calc import add\nassert add(1, 2) == 3\nif __name__ == '__main__':\n    assert add(2, 2) == 4\n",
    "a wrong script": "from calc import add\nassert add(1, 2) == 3\nassert add(2, 2) == 5\n",
    "a script that ends early": "import sys\nsys.exit(0)\nassert 1 == 2\n",
    "a file that skips itself": "import pytest\npytest.importorskip('not_there')\ndef test_a():\n    pass\n",
    "a file that skips itself unasked": "import pytest\npytest.skip('x')\ndef test_a():\n    pass\n",
    "unittest skips the file": "import unittest\nraise unittest.SkipTest('x')\ndef test_a():\n    pass\n",
    "no tests": "x = 1\n",
    "nothing": "",
    "not tests": "__test__ = False\ndef test_a():\n    assert False\n",
    "an abstract class": (
        "import abc\nclass TestA(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...\n"
        "    def test_a(self):\n        assert self.f()\nclass TestB(TestA):\n    def f(self):\n        return 1\n"
    ),
    "no python": "def test_a(:\n",
    "exits when imported": "import sys\nsys.exit(0)\ndef test_a():\n    pass\n",
    "interrupts when imported": "raise KeyboardInterrupt\ndef test_a():\n    pass\n",
    "a missing module": "import not_there\ndef test_a():\n    pass\n",
    "a closed output": "import sys\ndef test_a():\n    sys.stdout.close()\n    sys.stderr = None\n",
    "lambdas and partials": (
        "import functools\ntest_a = lambda: None\ntest_b = 3\nclass C:\n    def __call__(self):\n        assert False\n"
        "test_c = C()\n"
    ),
    "wrapped": """\
        import functools
        def twice(function):
            @functools.wraps(function)
            def inner(*args, **kwargs):
                function(*args, **kwargs)
                return function(*args, **kwargs)
            return inner
        @twice
        def test_a():
            pass
        """,
    "defaults": "def test_a(x=3):\n    assert x == 3\n",
}

NEEDS_PYTEST = {
    "fixtures": "def test_a(tmp_path, capsys):\n    print('x')\n    assert capsys.readouterr().out == 'x\\n'\n",
    "own fixtures": "import pytest\n@pytest.fixture\ndef one():\n    return 1\ndef test_a(one):\n    assert one == 1\n",
    "autouse": (
        "import pytest\nvalues = []\n@pytest.fixture(autouse=True)\ndef one():\n    values.append(1)\n"
        "def test_a():\n    assert values\n"
    ),
    "decorated and fixtures": "def same(f):\n    return f\n@same\ndef test_a(tmp_path):\n    assert tmp_path\n",
    "indirect": (
        "import pytest\n@pytest.fixture\ndef one(request):\n    return request.param\n"
        "@pytest.mark.parametrize('one', [1, 2], indirect=True)\ndef test_a(one):\n    assert one\n"
    ),
    "parameters beside fixtures": (
        "import pytest\n@pytest.mark.parametrize('x', [1, 2])\ndef test_a(x, tmp_path):\n    assert tmp_path\n"
    ),
    "no parameters": "import pytest\n@pytest.mark.parametrize('x', [])\ndef test_a(x):\n    pass\n",
    "an iterator of parameters": (
        "import pytest\n@pytest.mark.parametrize('x', range(3))\ndef test_a(x):\n    assert x < 2\n"
    ),
    "marked class parameters": (
        "import pytest\n@pytest.mark.parametrize('x', [1])\nclass TestA:\n    def test_a(self, x):\n        assert x\n"
    ),
    "a condition in words": "import pytest\n@pytest.mark.skipif('1 > 0', reason='x')\ndef test_a():\n    pass\n",
    "nested classes": "class TestA:\n    class TestB:\n        def test_a(self):\n            pass\n",
    "static tests": "class TestA:\n    @staticmethod\n    def test_a():\n        pass\n",
    "asynchronous": "async def test_a():\n    assert 1 == 2\n",
    "mock": (
        "from unittest.mock import patch\n@patch('os.getcwd')\ndef test_a(getcwd):\n    getcwd.return_value = 'x'\n"
        "    import os\n    assert os.getcwd() == 'x'\n"
    ),
    "hooks": (
        "def pytest_generate_tests(metafunc):\n    metafunc.parametrize('x', [1, 2])\ndef test_a(x):\n    assert x\n"
    ),
    "a generator": "def test_a():\n    yield 1\n",
    "two styles": (
        "from unittest import TestCase\nclass TestA(TestCase):\n    def setup_method(self, method):\n        pass\n"
        "    def test_a(self):\n        assert self\n"
    ),
    "a wrong number of parameters": (
        "import pytest\n@pytest.mark.parametrize('x,y', [(1, 2), (3,)])\ndef test_a(x, y):\n    pass\n"
    ),
}
