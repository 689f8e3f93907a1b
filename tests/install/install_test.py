"""What `cmake --install` leaves can be used: by find_package, by pkg-config, and as a subdirectory."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE, BUILD = (Path(argument) for argument in (sys.argv.pop(1), sys.argv.pop(1)))
CONSUMER = SOURCE / "tests" / "install" / "consumer"
# A user of the instruments alone has none of the libraries that the program needs.
WITHOUT_LIBRARIES = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("Boost", "ZLIB", "yaml-cpp", "CLI11")]


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return result.stdout


class Installed(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kymo_install_"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.prefix = self.folder / "prefix"

    def build_consumer(self, component, *arguments):
        build = self.folder / f"consumer_{component}"
        run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", build, f"-DKYMO_COMPONENT={component}",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", *arguments)
        run("cmake", "--build", build)
        return run(build / "consumer")

    def install_core_alone(self):
        build = self.folder / "core"
        run("cmake", "-G", "Ninja", "-S", SOURCE, "-B", build, "-DKYMO_BUILD_PROGRAM=OFF", "-DKYMO_BUILD_TESTS=OFF",
            "-DKYMO_BUILD_EXAMPLES=OFF", "-DKYMO_BUILD_BENCH=OFF", *WITHOUT_LIBRARIES)
        run("cmake", "--build", build)
        run("cmake", "--install", build, "--prefix", self.prefix)

    def test_core_alone_needs_no_other_library(self):
        self.install_core_alone()
        self.assertEqual(self.build_consumer("core", *WITHOUT_LIBRARIES), "3\n")

    def test_monitor_needs_no_boost(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        self.assertTrue((self.prefix / "bin" / "kymo").exists())
        self.assertEqual(self.build_consumer("monitor", "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON"), "3\n")

    def test_pkg_config_leads_to_both(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        path = next(self.prefix.glob("**/pkgconfig"))
        # The files name the prefix that was configured; pkg-config takes this one from where it finds them.
        for package, program in (("kymo-core", "core"), ("kymo", "monitor")):
            flags = run("pkg-config", "--define-variable=prefix=" + str(self.prefix),
                        "--define-variable=libdir=" + str(path.parent),
                        "--define-variable=includedir=" + str(self.prefix / "include"), "--cflags", "--libs", package,
                        env={**os.environ, "PKG_CONFIG_PATH": str(path)}).split()
            binary = self.folder / program
            run("g++", "-std=c++20", CONSUMER / f"{program}.cc", "-o", binary, *flags)
            self.assertEqual(run(binary), "3\n")

    def test_as_a_subdirectory(self):
        self.assertEqual(self.build_consumer("core", f"-DKYMO_SOURCE={SOURCE}", *WITHOUT_LIBRARIES), "3\n")


if __name__ == "__main__":
    unittest.main()
