#!/usr/bin/env python3
"""Compares our SHA-256 with hashlib's, for every length around the borders of blocks and for random bytes."""

import hashlib
import os
import random
import subprocess
import unittest
from pathlib import Path


class Sha256(unittest.TestCase):
    def test_agrees_with_hashlib(self):
        inputs = [random.randbytes(size) for size in range(300)]
        inputs += [random.randbytes(random.randrange(10_000)) for _ in range(200)]
        program = Path(os.environ["KYMO_BIN"]) / "sha256_print"
        told = subprocess.run([program], input="".join(data.hex() + "\n" for data in inputs), check=True,
                              capture_output=True, text=True, timeout=60).stdout.split()
        self.assertEqual(told, [hashlib.sha256(data).hexdigest() for data in inputs])


if __name__ == "__main__":
    unittest.main()
