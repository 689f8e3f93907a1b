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
WITHOUT_LIBRARIES = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("Boost", "ZLIB", "zstd", "re2", "yaml-cpp", "CLI11", "spdlog")]


# Layers that link nothing but what every system has.
WITHOUT_FOREIGN = ("base", "core", "series", "packs", "peers", "system", "log", "format", "profile", "pulse")
# Layers in whose sources there is another C++ library.
WITH_FOREIGN = ("net", "probe", "monitor")
# Debian's Boost before the one that kymo is compiled with; tools/peers unpacks it.
OTHER_BOOST = SOURCE / "build" / "peers" / "usr" / "include"
# Headers for who has the library anyway.
OF_OTHERS = {"spdlog.h", "context_executor.h"}

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

    def pkg_config(self, *packages):
        """The flags; the files lead to where they lie, whatever prefix was configured."""
        path = next(self.prefix.glob("**/pkgconfig"))
        return run("pkg-config", "--cflags", "--libs", *packages, env={**os.environ, "PKG_CONFIG_PATH": str(path)}).split()

    def expect_package(self, layer, libraries):
        """It brings all that the layer and its headers need, of other libraries these alone."""
        flags = self.pkg_config(f"kymo-{layer}")
        foreign = {flag for flag in flags if flag.startswith("-l") and not flag.startswith("-lkymo_")} - {"-ldl"}
        self.assertEqual(foreign, {f"-l{name}" for name in libraries}, layer)
        include = next(self.prefix.glob("include"))
        headers = [header for header in sorted((include / "kymo" / layer).glob("*.h")) if header.name not in OF_OTHERS]
        source = self.folder / f"{layer}.cc"
        source.write_text("".join(f"#include <{header.relative_to(include)}>\n" for header in headers) + "int main() {}\n")
        run("g++", "-std=c++20", source, "-o", self.folder / layer, "-Wl,--whole-archive",
            next(self.prefix.glob(f"**/libkymo_{layer}.a")), "-Wl,--no-whole-archive", *flags)

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
        for file in ("bin/kymo", "share/man/man1/kymo-serve.1.gz", "share/bash-completion/completions/kymo"):
            self.assertTrue((self.prefix / file).exists(), file)
        self.assertFalse((self.prefix / "etc").exists())  # packages alone have a configuration
        self.assertEqual(self.build_consumer("monitor", "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON"), "3\n")

    def expect_built_by_packages(self, program, *packages):
        binary = self.folder / program
        run("g++", "-std=c++20", CONSUMER / f"{program}.cc", "-o", binary, *self.pkg_config(*packages))
        self.assertEqual(run(binary), "3\n")

    def test_pkg_config_brings_what_is_asked_for_and_no_more(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        self.expect_built_by_packages("core", "kymo-core")
        self.expect_built_by_packages("format", "kymo-format", "kymo-packs")
        self.expect_built_by_packages("monitor", "kymo-monitor")
        self.expect_built_by_packages("monitor", "kymo")
        for layer in WITHOUT_FOREIGN:
            self.expect_package(layer, [])
        for layer in ("net", "probe", "live"):
            self.expect_package(layer, ["ssl", "crypto", "z"])
        self.expect_package("history", ["zstd"])
        self.expect_package("query", ["re2"])
        self.expect_package("monitor", ["ssl", "crypto", "z", "yaml-cpp"])

    def symbols_that_others_see(self, layer):
        """Class and name of each."""
        lines = run("nm", "-C", "--defined-only", "--extern-only", next(self.prefix.glob(f"**/libkymo_{layer}.a"))).splitlines()
        return [tuple(line.split(" ", 2)[1:]) for line in lines if line.count(" ") >= 2]

    def test_no_other_library_is_seen_in_the_libraries(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        for layer in (*WITHOUT_FOREIGN, *WITH_FOREIGN, "live"):
            symbols = self.symbols_that_others_see(layer)
            self.assertGreater(len(symbols), 20)
            self.assertEqual([name for _, name in symbols if re.search(r"\b(boost|YAML|asio)::", name)][:5], [], layer)
        for layer in WITH_FOREIGN:
            shared = [name for kind, name in self.symbols_that_others_see(layer) if kind in "WwVvu"]
            ours = re.compile(r"((typeinfo|typeinfo name|vtable|VTT|guard variable|construction vtable) for )?kymo::")
            self.assertEqual([name for name in shared if not ours.match(name)][:5], [], layer)

    def other_boost_objects(self):
        """A program with a Boost of another version, and with one that is compiled in another way; with the version's number."""
        version = OTHER_BOOST / "boost" / "version.hpp"
        self.assertTrue(version.exists(), f"{version} is not there: tools/peers brings it")
        for name, number, flags in (("older", "74", ["-isystem", OTHER_BOOST]), ("differs", "81", ["-DBOOST_ASIO_DISABLE_EPOLL"])):
            unit = self.folder / f"{name}.o"
            run("g++", "-std=c++20", "-c", *flags, CONSUMER / "other_boost.cc", "-o", unit, *self.pkg_config("kymo-monitor"))
            yield unit, number

    def test_a_program_may_have_another_boost(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        flags = self.pkg_config("kymo-monitor")
        archives = [flag for flag in flags if flag.startswith("-lkymo_")]
        others = [flag for flag in flags if flag not in archives]
        # The same as part of a library of somebody's, which shows everything that it has.
        wrapped = self.folder / "libwrapped.so"
        run("g++", "-shared", "-o", wrapped, *others[:1], *(flag for flag in others if flag.startswith("-L")),
            "-Wl,--whole-archive", *dict.fromkeys(archives), "-Wl,--no-whole-archive", *others)
        self.assertNotIn("boost::", run("nm", "-C", "--dynamic", "--defined-only", wrapped))
        linkers = ["bfd", *(["mold"] if shutil.which("mold") else [])]
        for unit, number in self.other_boost_objects():
            binary = self.folder / "other_boost"
            for linked in (*((f"-fuse-ld={linker}", *flags) for linker in linkers), (wrapped, f"-Wl,-rpath,{self.folder}")):
                run("g++", unit, "-o", binary, *linked)
                self.assertEqual(run(binary, timeout=60), f"{number} 100\n", linked)

    def test_the_packages_of_a_build_without_other_libraries(self):
        self.prefix = self.core_alone()
        self.expect_built_by_packages("format", "kymo-format", "kymo-packs")
        found = {file.stem for file in self.prefix.glob("**/pkgconfig/*.pc")}
        self.assertEqual(found, {f"kymo-{layer}" for layer in WITHOUT_FOREIGN})

    def test_who_wants_formats_finds_the_package_without_other_libraries(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        without = [*WITHOUT_LIBRARIES, "-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON"]
        self.assertEqual(self.build_consumer("format", "-DKYMO_ALSO=packs", *without), "3\n")

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
        # Of a project that has no patience with warnings; all that needs no other library is compiled.
        strict = "-DCMAKE_CXX_FLAGS=-O3 -Wall -Wextra -Werror"
        self.assertEqual(self.build_consumer("core", f"-DKYMO_SOURCE={SOURCE}", strict, *WITHOUT_LIBRARIES), "3\n")

    def test_the_monitor_as_a_subdirectory_needs_nothing_of_the_program(self):
        # Configured only, which fails where a target or a library is missing: all that it compiles is compiled elsewhere.
        run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", self.folder / "monitor", "-DKYMO_COMPONENT=monitor",
            f"-DKYMO_SOURCE={SOURCE}", "-DKYMO_BUILD_MONITOR=ON",
            *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("CLI11", "Curses", "boost_json")))


if __name__ == "__main__":
    unittest.main()
