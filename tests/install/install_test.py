"""What `cmake --install` leaves can be used: by find_package, by pkg-config, and as a subdirectory."""

import functools
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

SOURCE, BUILD = (Path(argument) for argument in (sys.argv.pop(1), sys.argv.pop(1)))
CONSUMER = SOURCE / "tests" / "install" / "consumer"
# A user of the instruments alone has none of the libraries that the program needs.
WITHOUT_LIBRARIES = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("Boost", "ZLIB", "yaml-cpp", "CLI11", "spdlog")]


QUICK = "-DCMAKE_BUILD_TYPE=None"  # what is built here is not about speed


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return result.stdout


def metrics_of(port):
    """What it serves, once it does."""
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                return answer.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


class Installed(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kymo_install_"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.prefix = self.folder / "prefix"

    def build_consumer(self, component, *arguments):
        build = self.folder / f"consumer_{component}"
        run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", build, f"-DKYMO_COMPONENT={component}",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", QUICK, *arguments)
        run("cmake", "--build", build)
        return run(build / "consumer")

    def pkg_config(self, package):
        """The flags; the files lead to where they lie, whatever prefix was configured."""
        path = next(self.prefix.glob("**/pkgconfig"))
        return run("pkg-config", "--cflags", "--libs", package, env={**os.environ, "PKG_CONFIG_PATH": str(path)}).split()

    @classmethod
    @functools.cache
    def core_alone(cls):
        """Where the core is installed, built without the other libraries; once for all tests."""
        folder = Path(tempfile.mkdtemp(prefix="kymo_install_core_"))
        cls.addClassCleanup(shutil.rmtree, folder)
        run("cmake", "-G", "Ninja", "-S", SOURCE, "-B", folder / "build", "-DKYMO_BUILD_PROGRAM=OFF",
            "-DKYMO_BUILD_TESTS=OFF", "-DKYMO_BUILD_EXAMPLES=OFF", "-DKYMO_BUILD_BENCH=OFF", QUICK, *WITHOUT_LIBRARIES)
        run("cmake", "--build", folder / "build")
        run("cmake", "--install", folder / "build", "--prefix", folder / "prefix")
        return folder / "prefix"

    def test_core_alone_needs_no_other_library(self):
        self.prefix = self.core_alone()
        self.assertEqual(self.build_consumer("core", *WITHOUT_LIBRARIES), "3\n")

    def test_who_has_spdlog_joins_it_with_the_log(self):
        self.prefix = self.core_alone()
        self.assertEqual(self.build_consumer("log_spdlog"), "joined session=3\n")

    def test_monitor_needs_no_boost(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        self.assertTrue((self.prefix / "bin" / "kymo").exists())
        self.assertEqual(self.build_consumer("monitor", "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON"), "3\n")

    def test_pkg_config_leads_to_both(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        for package, program in (("kymo-core", "core"), ("kymo", "monitor")):
            flags = self.pkg_config(package)
            binary = self.folder / program
            run("g++", "-std=c++20", CONSUMER / f"{program}.cc", "-o", binary, *flags)
            self.assertEqual(run(binary), "3\n")

    def test_the_program_in_the_readme_builds_and_serves(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        text = (SOURCE / "README.md").read_text()
        program = re.search(r"```cpp\n(.*?)```", text, re.DOTALL).group(1)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.assertIn("kymo::Monitor monitor;", program)
        program = program.replace("kymo::Monitor monitor;", f'kymo::Monitor monitor({{.listen = "127.0.0.1:{port}"}});')
        (self.folder / "main.cc").write_text(program)
        flags = self.pkg_config("kymo")
        run("g++", "-std=c++20", self.folder / "main.cc", "-o", self.folder / "main", *flags)
        with subprocess.Popen([self.folder / "main"]) as server:
            try:
                self.assertIn('http_requests_total{method="GET"}', metrics_of(port))
            finally:
                server.kill()

    def test_as_a_subdirectory(self):
        self.assertEqual(self.build_consumer("core", f"-DKYMO_SOURCE={SOURCE}", *WITHOUT_LIBRARIES), "3\n")

    def test_the_monitor_as_a_subdirectory_needs_nothing_of_the_program(self):
        # Configured only, which fails where a target or a library is missing: all that it compiles is compiled elsewhere.
        run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", self.folder / "monitor", "-DKYMO_COMPONENT=monitor",
            f"-DKYMO_SOURCE={SOURCE}", "-DKYMO_BUILD_MONITOR=ON",
            *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("CLI11", "Curses", "boost_json")))


if __name__ == "__main__":
    unittest.main()
