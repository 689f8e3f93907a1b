"""The .deb files hold a program that runs without a compiler, its manual, its service, and a library to build with."""

import functools
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE, BUILD = (Path(argument) for argument in (sys.argv.pop(1), sys.argv.pop(1)))
sys.path.insert(0, str(SOURCE / "tests" / "support"))
from kymo_process import Running, eventually, get  # noqa: E402

NOBODY = "65534:65534"
COMMANDS = ("serve", "top", "query", "monitor", "probe", "bench", "history", "check", "test")
# In a mount namespace of its own, so that nothing stays mounted; the shell becomes the program, which signals thus reach.
IN_ROOT = 'mount --rbind /proc "$0/proc" && mount --rbind /sys "$0/sys" && user=$1 && shift && exec chroot --userspec="$user" "$0" "$@"'


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return result.stdout


def names_in(depends):
    """Packages of a Depends field, the first of each choice."""
    return [re.match(r"[\w.+-]+", part.strip()).group(0) for part in depends.split(",") if part.strip()]


def needed_libraries(package_file):
    """Packages that the package asks for, and those that they ask for; of these the libraries."""
    wanted = names_in(run("dpkg-deb", "-f", package_file, "Depends"))
    found = []
    while wanted:
        name = wanted.pop()
        if name in found or not re.match(r"lib|gcc-|zlib", name):
            continue
        found.append(name)
        wanted += names_in(run("dpkg-query", "-W", "-f", "${Depends}", name).partition("\n")[0])
    return found


def copy_libraries(packages, root):
    """Their shared libraries alone, so that a forgotten dependency is missing here."""
    for link in ("lib", "lib64"):
        (root / link).symlink_to(f"usr/{link}")
        (root / "usr" / link).mkdir(exist_ok=True)
    for path in {Path(line) for name in packages for line in run("dpkg", "-L", name).splitlines()}:
        if re.search(r"\.so(\.|$)", path.name) and not path.is_dir():
            target = root / str(path).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target, follow_symlinks=False)


def may_change_root():
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


@functools.cache
def made():
    """A folder with the packages' files, and those by their names; once for all tests."""
    folder = Path(tempfile.mkdtemp(prefix="kymo_packaging_"))
    unittest.addModuleCleanup(shutil.rmtree, folder)
    files = [Path(line) for line in run(SOURCE / "packaging" / "build", "--from", BUILD, folder / "made").splitlines()]
    return folder, {file.name.split("_")[0]: file for file in files}


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        _, cls.files = made()
        cls.folder = Path(tempfile.mkdtemp(prefix="kymo_packaging_root_"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.root = cls.folder / "root"
        cls.root.mkdir()
        for file in cls.files.values():
            run("dpkg-deb", "-x", file, cls.root)

    def control(self, package, field):
        return run("dpkg-deb", "-f", self.files[package], field).strip()


class Contents(Packages):
    def test_there_are_two_packages_of_this_version(self):
        self.assertEqual(sorted(self.files), ["kymo", "libkymo-dev"])
        version = ".".join(re.findall(r"#define KYMO_VERSION_[A-Z]+ (\d+)", (SOURCE / "include/kymo/version.h").read_text()))
        for package in self.files:
            self.assertEqual(self.control(package, "Version"), f"{version}-1")

    def test_the_program_needs_libraries_only(self):
        depends = names_in(self.control("kymo", "Depends"))
        self.assertIn("libssl3", depends)
        self.assertEqual([name for name in depends if name.endswith("-dev")], [])
        self.assertEqual(set(names_in(self.control("libkymo-dev", "Depends"))), {"libssl-dev", "zlib1g-dev", "libzstd-dev", "libre2-dev", "libyaml-cpp-dev"})

    def test_no_file_names_a_folder_of_who_built_it(self):
        control = self.folder / "control"
        control.mkdir()
        for file in self.files.values():
            run("dpkg-deb", "-e", file, control / file.name)
        for path in [*self.root.rglob("*"), *control.rglob("*")]:
            if path.is_file():
                content = path.read_bytes()
                content = gzip.decompress(content) if path.suffix == ".gz" else content
                for place in (SOURCE, BUILD, made()[0]):
                    self.assertNotIn(f"{place}/".encode(), content, path)

    def test_all_is_root_s_and_readable(self):
        for file in self.files.values():
            for line in run("dpkg-deb", "-c", file).splitlines():
                self.assertRegex(line, r"^(d|-)rw(x|-)r-(x|-)r-(x|-) root/root ")

    def test_scripts_of_the_package_are_sound(self):
        control = self.folder / "scripts"
        run("dpkg-deb", "-e", self.files["kymo"], control)
        for script in ("postinst", "prerm", "postrm"):
            run("sh", "-n", control / script)
        self.assertEqual((control / "conffiles").read_text(), "/etc/kymo/kymo.yml\n")

    def test_a_program_builds_with_pkg_config(self):
        flags = run("pkg-config", "--cflags", "--libs", "kymo",
                    env={**os.environ, "PKG_CONFIG_PATH": str(next(self.root.glob("usr/lib/**/pkgconfig")))}).split()
        binary = self.folder / "measured"
        run("g++", "-std=c++20", SOURCE / "tests" / "packaging" / "measured.cc", "-o", binary, *flags)
        with subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
            url = program.stdout.readline().strip()
            status = eventually(lambda: get(url + "/metrics")[0], "an answer", program)
            self.assertEqual(status, 200)
            self.assertIn(b"\npackaged_calls_total 3\n", get(url + "/metrics")[2])
            program.stdin.close()


class Program(Packages):
    """Runs in a root that has the package and the libraries that it asks for, and nothing else: no compiler, no shell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not may_change_root():
            raise unittest.SkipTest("only root may run it in another root")
        copy_libraries(needed_libraries(cls.files["kymo"]), cls.root)
        for folder in ("proc", "sys"):
            (cls.root / folder).mkdir()

    def command(self, *arguments):
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_ROOT, self.root, NOBODY, "/usr/bin/kymo", *arguments]

    def test_it_tells_its_version(self):
        self.assertEqual(run(*self.command("--version")), f"kymo {self.control('kymo', 'Version').partition('-')[0]}\n")

    def test_it_serves_with_the_packaged_configuration(self):
        command = [str(part) for part in self.command("serve", "--config", "/etc/kymo/kymo.yml", "--listen", "127.0.0.1:0")]
        with Running(*command) as serve:
            url = serve.wait_for(lambda: re.search(r"(http://\S+)/metrics", serve.out()), "the address").group(1)
            status, _, body = get(url + "/metrics")
            self.assertEqual(status, 200)
            names = set(re.findall(r"^# TYPE (\w+) ", body.decode(), re.MULTILINE))
            wanted = {"node_cpu_seconds_total", "node_memory_Active_bytes", "node_disk_read_bytes_total", "process_resident_memory_bytes"}
            self.assertEqual(wanted - names, set())
            self.assertEqual(serve.end()[0], 0)
            self.assertEqual(serve.err(), "")

    def test_the_packaged_configuration_says_defaults_only(self):
        printed = run(*self.command("serve", "--config", "/etc/kymo/kymo.yml", "--print-config"))
        self.assertEqual(re.findall(r"# (?!default$)\S*kymo\.yml.*", printed), [])
        # Without the marks before its lines it is a file, too.
        text = (self.root / "etc" / "kymo" / "kymo.yml").read_text()
        (self.root / "etc" / "all.yml").write_text("\n".join(re.sub(r"^#(?=[ \w])", "", line) for line in text.split("\n\n", 1)[1].split("\n")))
        printed = run(*self.command("serve", "--config", "/etc/all.yml", "--print-config"))
        self.assertEqual(re.findall(r"# default$", printed, re.MULTILINE), [])


class Service(Packages):
    def setUp(self):
        self.unit = self.root / "usr" / "lib" / "systemd" / "system" / "kymo.service"

    def test_systemd_understands_every_line(self):
        # Its program and its page are looked for on this machine: those of the package stand in for them.
        copy = self.folder / "kymo.service"
        copy.write_text(self.unit.read_text().replace("/usr/bin/kymo", f"{self.root}/usr/bin/kymo"))
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True)
        self.assertEqual([line for line in result.stderr.splitlines() if "kymo" in line], [])

    def test_it_is_confined(self):
        run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", self.unit)
        lines = self.unit.read_text().splitlines()
        for line in ("Type=notify", "WatchdogSec=30", "DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes",
                     "PrivateDevices=yes", "CapabilityBoundingSet=", "SystemCallFilter=@system-service", "MemoryDenyWriteExecute=yes",
                     "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "LockPersonality=yes", "RestrictRealtime=yes",
                     "StateDirectory=kymo", "ConfigurationDirectory=kymo"):
            self.assertIn(line, lines)

    def test_it_sees_what_it_measures(self):
        lines = self.unit.read_text().splitlines()
        for hides in ("ProcSubset=pid", "ProtectHome=yes", "ProtectHome=tmpfs", "PrivateNetwork=yes"):
            self.assertNotIn(hides, lines)


class Manual(Packages):
    def pages(self):
        return {path.name: path for path in (self.root / "usr" / "share" / "man" / "man1").iterdir()}

    def test_each_command_has_a_page(self):
        self.assertEqual(set(self.pages()), {"kymo.1.gz", *(f"kymo-{command}.1.gz" for command in COMMANDS)})

    def test_mandoc_and_groff_find_nothing(self):
        for name, path in self.pages().items():
            text = gzip.decompress(path.read_bytes())
            lint = subprocess.run(["mandoc", "-Tlint", "-Wall"], input=text, capture_output=True)
            self.assertEqual((lint.returncode, lint.stdout.decode()), (0, ""), name)
            shown = subprocess.run(["man", "--warnings", "--local-file", "-"], input=text, capture_output=True,
                                   env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
            self.assertEqual((shown.returncode, shown.stderr.decode()), (0, ""), name)

    def test_each_option_of_the_help_is_there(self):
        for command in COMMANDS:
            text = gzip.decompress(self.pages()[f"kymo-{command}.1.gz"].read_bytes()).decode().replace("\\", "")
            for name in re.findall(r"^  (?:-\w,)?(--[\w.-]+)", run(BUILD / "bin" / "kymo", command, "--help"), re.MULTILINE):
                self.assertRegex(text, rf"fB{re.escape(name)}fR", command)

    def test_a_page_is_found_by_its_summary(self):
        for name, path in self.pages().items():
            self.assertIn(f'"{name.removesuffix(".1.gz")} - ', run("lexgrog", path))


if __name__ == "__main__":
    unittest.main()
