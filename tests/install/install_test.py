"""Users can build with what `cmake --install` leaves: by find_package, by pkg-config, and as a subdirectory.

CMakeLists.txt makes each class a test of its own, so that they run beside others.
"""

import collections
import json
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

QUICK = "-DCMAKE_BUILD_TYPE=None"  # these builds are not about speed
# A compiler reads headers longer than sources. In units of several files the builds of this test take a third of the time.
IN_UNITS = ("-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=12")


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
        self.compiler_said = run("cmake", "--build", build)
        return run(build / "consumer")

    def pkg_config(self, *packages):
        """The flags; the files lead to where they lie, whatever prefix was configured."""
        path = next(self.prefix.glob("**/pkgconfig"))
        return run("pkg-config", "--cflags", "--libs", *packages, env={**os.environ, "PKG_CONFIG_PATH": str(path)}).split()

    def expect_built_by_packages(self, program, *packages):
        binary = self.folder / program
        run("g++", "-std=c++20", CONSUMER / f"{program}.cc", "-o", binary, *self.pkg_config(*packages))
        self.assertEqual(run(binary), "3\n")


class CoreAlone(Installed):
    """A build without the other libraries."""

    @classmethod
    def setUpClass(cls):
        cls.built = Path(tempfile.mkdtemp(prefix="kymo_install_core_"))
        cls.addClassCleanup(shutil.rmtree, cls.built)
        run("cmake", "-G", "Ninja", "-S", SOURCE, "-B", cls.built / "build", "-DKYMO_BUILD_PROGRAM=OFF", "-DKYMO_BUILD_TESTS=OFF",
            "-DKYMO_BUILD_EXAMPLES=OFF", "-DKYMO_BUILD_BENCH=OFF", QUICK, *IN_UNITS, *WITHOUT_LIBRARIES)
        run("cmake", "--build", cls.built / "build")
        run("cmake", "--install", cls.built / "build", "--prefix", cls.built / "prefix")

    def setUp(self):
        super().setUp()
        self.prefix = self.built / "prefix"

    def test_needs_no_other_library(self):
        self.assertEqual(self.build_consumer("core", *WITHOUT_LIBRARIES), "3\n")

    def test_who_has_spdlog_joins_it_with_the_log(self):
        self.assertEqual(self.build_consumer("log_spdlog"), "joined session=3\n")

    def test_it_has_the_packages_of_its_layers(self):
        self.expect_built_by_packages("format", "kymo-format", "kymo-packs")
        found = {file.stem for file in self.prefix.glob("**/pkgconfig/*.pc")}
        self.assertEqual(found, {f"kymo-{layer}" for layer in WITHOUT_FOREIGN})


class InstalledWhole(Installed):
    """The build that the other tests use."""

    @classmethod
    def setUpClass(cls):
        cls.installed = Path(tempfile.mkdtemp(prefix="kymo_install_whole_"))
        cls.addClassCleanup(shutil.rmtree, cls.installed)
        run("cmake", "--install", BUILD, "--prefix", cls.installed)

    def setUp(self):
        super().setUp()
        self.prefix = self.installed


class Whole(InstalledWhole):
    def expect_libraries(self, layer, libraries):
        """The package brings all libraries that the layer needs, of others these alone. Returns its flags for a compiler."""
        flags = self.pkg_config(f"kymo-{layer}")
        foreign = {flag for flag in flags if flag.startswith("-l") and not flag.startswith("-lkymo_")} - {"-ldl"}
        self.assertEqual(foreign, {f"-l{name}" for name in libraries}, layer)
        source = self.folder / "main.cc"
        source.write_text("int main() {}\n")
        run("g++", "-std=c++20", source, "-o", self.folder / layer, "-Wl,--whole-archive",
            next(self.prefix.glob(f"**/libkymo_{layer}.a")), "-Wl,--no-whole-archive", *flags)
        return tuple(flag for flag in flags if not flag.startswith(("-l", "-L")))

    def expect_headers_compile(self, layers, flags):
        include = self.prefix / "include"
        headers = [header for layer in layers for header in sorted((include / "kymo" / layer).glob("*.h")) if header.name not in OF_OTHERS]
        source = self.folder / "headers.cc"
        source.write_text("".join(f"#include <{header.relative_to(include)}>\n" for header in headers))
        run("g++", "-std=c++20", "-fsyntax-only", source, *flags)

    def test_monitor_needs_no_boost(self):
        for file in ("bin/kymo", "share/man/man1/kymo-serve.1.gz", "share/bash-completion/completions/kymo"):
            self.assertTrue((self.prefix / file).exists(), file)
        self.assertFalse((self.prefix / "etc").exists())  # packages alone have a configuration
        self.assertEqual(self.build_consumer("monitor", "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON"), "3\n")

    def test_pkg_config_brings_what_is_asked_for_and_no_more(self):
        self.expect_built_by_packages("core", "kymo-core")
        self.expect_built_by_packages("format", "kymo-format", "kymo-packs")
        self.expect_built_by_packages("monitor", "kymo-monitor")
        self.expect_built_by_packages("monitor", "kymo")
        wanted = {layer: [] for layer in WITHOUT_FOREIGN}
        wanted |= {layer: ["ssl", "crypto", "z"] for layer in ("net", "probe")}
        wanted["history"] = ["zstd"]
        wanted["query"] = ["re2"]
        wanted["alert"] = ["re2", "yaml-cpp"]
        wanted["live"] = ["ssl", "crypto", "z", "re2"]
        wanted["monitor"] = ["ssl", "crypto", "z", "re2", "zstd", "yaml-cpp"]
        alike = collections.defaultdict(list)
        for layer, libraries in wanted.items():
            alike[self.expect_libraries(layer, libraries)].append(layer)
        for flags, layers in alike.items():
            self.expect_headers_compile(layers, flags)

    def symbols_that_others_see(self, layer):
        """Class and name of each."""
        lines = run("nm", "-C", "--defined-only", "--extern-only", next(self.prefix.glob(f"**/libkymo_{layer}.a"))).splitlines()
        return [tuple(line.split(" ", 2)[1:]) for line in lines if line.count(" ") >= 2]

    def test_no_other_library_is_seen_in_the_libraries(self):
        for layer in (*WITHOUT_FOREIGN, *WITH_FOREIGN, "live"):
            symbols = self.symbols_that_others_see(layer)
            self.assertGreater(len(symbols), 20)
            self.assertEqual([name for _, name in symbols if re.search(r"\b(boost|YAML|asio)::", name)][:5], [], layer)
        for layer in WITH_FOREIGN:
            shared = [name for kind, name in self.symbols_that_others_see(layer) if kind in "WwVvu"]
            ours = re.compile(r"((typeinfo|typeinfo name|vtable|VTT|guard variable|construction vtable) for )?kymo::")
            self.assertEqual([name for name in shared if not ours.match(name)][:5], [], layer)

    def test_who_wants_formats_finds_the_package_without_other_libraries(self):
        without = [*WITHOUT_LIBRARIES, "-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON"]
        self.assertEqual(self.build_consumer("format", "-DKYMO_ALSO=packs", *without), "3\n")

    def test_the_program_in_the_readme_builds_and_serves(self):
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


class OtherBoost(InstalledWhole):
    def other_boost_objects(self):
        """A program with a Boost of another version, and with one that is compiled in another way; with the version's number."""
        version = OTHER_BOOST / "boost" / "version.hpp"
        self.assertTrue(version.exists(), f"{version} is not there: tools/peers brings it")
        for name, number, flags in (("older", "74", ["-isystem", OTHER_BOOST]), ("differs", "81", ["-DBOOST_ASIO_DISABLE_EPOLL"])):
            unit = self.folder / f"{name}.o"
            run("g++", "-std=c++20", "-c", *flags, CONSUMER / "other_boost.cc", "-o", unit, *self.pkg_config("kymo-monitor"))
            yield unit, number

    def test_a_program_may_have_another_boost(self):
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


class Subdirectory(Installed):
    def test_as_a_subdirectory(self):
        # Of a project that has no patience with warnings; all that needs no other library is compiled.
        # In units g++ 12 would warn of variables that it takes for uninitialized.
        strict = "-DCMAKE_CXX_FLAGS=-O3 -Wall -Wextra -Werror"
        self.assertEqual(self.build_consumer("core", f"-DKYMO_SOURCE={SOURCE}", strict, *WITHOUT_LIBRARIES), "3\n")
        self.assertNotIn("warning:", self.compiler_said)

    def test_the_monitor_as_a_subdirectory_needs_nothing_of_the_program(self):
        # Configured only, which fails where a target or a library is missing: all that it compiles is compiled elsewhere.
        build = self.folder / "monitor"
        run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", build, "-DKYMO_COMPONENT=monitor",
            f"-DKYMO_SOURCE={SOURCE}", "-DKYMO_BUILD_MONITOR=ON", "-DCMAKE_CXX_FLAGS=-O3 -Wall -Wextra -Werror",
            *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("CLI11", "Curses", "boost_json")))
        commands = [entry["command"] for entry in json.loads((build / "compile_commands.json").read_text())
                    if Path(entry["file"]).is_relative_to(SOURCE / "src")]
        self.assertTrue(any("src/live" in command for command in commands))
        for command in commands:
            self.assertLess(command.index("-Werror"), command.index("-Wno-error"), "a warning would stop the host's build")


if __name__ == "__main__":
    unittest.main()
