# grade: A-split
class Matrix:
    def __init__(self, rows):
        self.rows = [list(row) for row in rows]
    def multiplied(self, other):
        return Matrix([[sum(a * b for a, b in zip(row, column)) for column in zip(*other.rows)] for row in self.rows])
    def as_lists(self):
        return self.rows
# --- test_matrix.py
import unittest
from solution import Matrix
class MatrixTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.unit = Matrix([[1, 0], [0, 1]])
    def setUp(self):
        self.matrix = Matrix([[1, 2], [3, 4]])
    def tearDown(self):
        self.matrix = None
    def test_unit(self):
        self.assertEqual(self.matrix.multiplied(self.unit).as_lists(), [[1, 2], [3, 4]])
    def test_square(self):
        result = self.matrix.multiplied(self.matrix)
        self.assertListEqual(result.as_lists(), [[7, 10], [15, 22]])
        self.assertIsInstance(result, Matrix)
    def test_many(self):
        for factor in (2, 3):
            with self.subTest(factor=factor):
                scaled = self.matrix.multiplied(Matrix([[factor, 0], [0, factor]]))
                self.assertEqual(scaled.as_lists()[0], [factor, 2 * factor])
    def test_almost(self):
        self.assertAlmostEqual(self.matrix.as_lists()[0][0], 1.00000001)
        self.assertIn([1, 2], self.matrix.as_lists())
        self.assertIsNone(getattr(self.matrix, "other", None))
if __name__ == "__main__":
    unittest.main()
