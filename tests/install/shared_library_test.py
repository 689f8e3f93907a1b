"""With BUILD_SHARED_LIBS, one library is installed, libkymo.so. It shows what users may call, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE, BUILD = (Path(argument) for argument in (sys.argv.pop(1), sys.argv.pop(1)))
CONSUMER = SOURCE / "tests" / "install" / "consumer"
# Beside the build that the other tests use: so ccache finds the same objects, and this one costs a few seconds.
SHARED = BUILD.parent / "shared"


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return result.stdout


class SharedLibrary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        same = {**os.environ, "CCACHE_BASEDIR": str(SOURCE), "CCACHE_NOHASHDIR": "true"}
        run("cmake", "--preset", "release", "-S", SOURCE, "-B", SHARED, "-DBUILD_SHARED_LIBS=ON", "-DKYMO_BUILD_TESTS=OFF",
            "-DKYMO_BUILD_BENCH=OFF", "-DKYMO_BUILD_EXAMPLES=OFF", cwd=SOURCE, env=same)
        run("cmake", "--build", SHARED, env=same)
        cls.folder = Path(tempfile.mkdtemp(prefix="kymo_shared_"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", SHARED, "--prefix", cls.prefix)
        cls.library = next(cls.prefix.glob("lib/**/libkymo.so"))
        cls.with_library = {**os.environ, "LD_LIBRARY_PATH": str(cls.library.parent)}

    def test_it_has_a_soname_and_comes_alone(self):
        self.assertRegex(run("readelf", "-d", self.library), r"SONAME.*\[libkymo\.so\.0\]")
        self.assertEqual(list(self.prefix.rglob("*.a")), [])
        self.assertFalse(list(self.prefix.rglob("include/kymo/base/json_writer.h")), "a header for kymo's own layers")

    def test_it_shows_what_users_may_call_and_nothing_else(self):
        names = [line.split()[2] for line in run("nm", "-D", "--defined-only", self.library).splitlines()]
        self.assertGreater(len(names), 200)
        ours = re.compile(r"_Z(TI|TS|TV|TH|TW|Th\w+_)?N[KOR]*4kymo")
        self.assertEqual([name for name in names if not ours.match(name)], [])
        internal = re.compile(r"_ZN?K?4kymo2v0\d*(4base10JsonWriter|15SnapshotBuilder|10FamilyCore)")
        self.assertEqual([name for name in names if internal.match(name)], [])

    def built_with_cmake(self, component):
        build = self.folder / f"cmake_{component}"
        run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", build, f"-DKYMO_COMPONENT={component}",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=None", "-DKYMO_ALSO=packs",
            *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("Boost", "ZLIB", "zstd", "re2", "yaml-cpp", "OpenSSL")))
        run("cmake", "--build", build)
        return build / "consumer"

    def built_with_pkg_config(self, program):
        path = str(next(self.prefix.glob("**/pkgconfig")))
        flags = run("pkg-config", "--cflags", "--libs", f"kymo-{program}", env={**os.environ, "PKG_CONFIG_PATH": path}).split()
        self.assertEqual([flag for flag in flags if flag.startswith("-l")], ["-lkymo"])
        binary = self.folder / f"pkg_config_{program}"
        run("g++", "-std=c++20", CONSUMER / f"{program}.cc", "-o", binary, *flags)
        return binary

    def test_programs_find_it_and_need_no_other_library(self):
        for program in ("core", "format", "monitor"):
            for build in (self.built_with_cmake, self.built_with_pkg_config):
                with self.subTest(program, build=build.__name__):
                    binary = build(program)
                    self.assertIn("libkymo.so.0", run("readelf", "-d", binary))
                    self.assertEqual(run(binary, env=self.with_library), "3\n")

    def test_the_packages_are_three(self):
        made = self.folder / "packages"
        files = {Path(line).name.split("_")[0]: line
                 for line in run(SOURCE / "packaging" / "build", "--from", SHARED, made).splitlines()}
        self.assertEqual(sorted(files), ["kymo", "libkymo-dev", "libkymo0"])
        version = run("dpkg-deb", "-f", files["libkymo0"], "Version").strip()
        self.assertEqual(run("dpkg-deb", "-f", files["libkymo-dev"], "Depends").strip(), f"libkymo0 (= {version})")
        self.assertIn("libssl3", run("dpkg-deb", "-f", files["libkymo0"], "Depends"))
        self.assertRegex(run("dpkg-deb", "-c", files["libkymo0"]), r"usr/lib/\S*libkymo\.so\.0")
        self.assertNotIn("usr/include", run("dpkg-deb", "-c", files["libkymo0"]))
        self.assertIn("usr/include/kymo/core.h", run("dpkg-deb", "-c", files["libkymo-dev"]))


if __name__ == "__main__":
    unittest.main()
