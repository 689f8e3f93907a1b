"""Reads the program's own `--help`, so that man pages and completions repeat no fact by hand."""

import os
import re
import subprocess
from dataclasses import dataclass, field

# Options of the program itself, which `kymo --help` does not list.
TOP_OPTIONS = ["--help", "--version"]

# Names for the value of an option whose help tells in words which value is expected.
VALUES_BY_WORDS = [
    (r"the path of a file", "FILE"),
    (r"a duration\b", "DURATION"),
    (r"a number\b", "NUMBER"),
    (r"a size\b", "SIZE"),
]


@dataclass
class Option:
    names: list[str]
    value: str = ""  # name of its value; empty: takes none
    alone: str = ""  # the value that the option alone stands for
    repeats: bool = False
    text: str = ""
    choices: list[str] = field(default_factory=list)

    @property
    def takes_value(self):
        return bool(self.value)

    @property
    def needs_value(self):
        return self.takes_value and not self.alone

    @property
    def takes_file(self):
        return self.value == "FILE"

    @property
    def summary(self):
        """The first sentence, without its full stop."""
        sentence = re.split(r"(?<=[.;])\s", self.text, maxsplit=1)[0]
        return sentence.rstrip(".;")


@dataclass
class Command:
    name: str  # "kymo" or "kymo serve"
    summary: str
    usages: list[str] = field(default_factory=list)
    text: str = ""
    groups: dict[str, list[Option]] = field(default_factory=dict)

    @property
    def page(self):
        return self.name.replace(" ", "-")

    @property
    def word(self):
        return self.name.rpartition(" ")[2]

    @property
    def starts_another(self):
        """Whether its arguments are another program's command line."""
        return any(" COMMAND " in usage for usage in self.usages)

    @property
    def takes_query(self):
        """Whether its argument is a query, in which names of metrics are completed."""
        return any(usage.endswith(" EXPR") for usage in self.usages)

    @property
    def options(self):
        return [option for options in self.groups.values() for option in options]


def fixed_choices(text):
    """The values that a help text lists: "one of a, b", "true or false", or ": a, b or c" and ": by a, b or c" in lower case."""
    listed = re.search(r"\bone of ((?:[\w-]+, )+[\w-]+)", text) or \
        re.search(r": (?:by )?((?:[a-z][a-z0-9-]*, )+[a-z][a-z0-9-]*(?: or [a-z][a-z0-9-]*)?)(?=[;.,]|$)", text)
    if listed:
        return re.split(r", | or ", listed.group(1))
    return ["true", "false"] if "true or false" in text else []


def expected_value(text):
    expects = re.search(r"\bExpects (.+?)(?:;|\.$|\. )", text)
    if not expects:
        return ""
    name = re.match(r"[A-Z][A-Z:=]+\b", expects.group(1))
    if name:
        return name.group(0)
    return next((value for words, value in VALUES_BY_WORDS if re.match(words, expects.group(1))), "VALUE")


def read_option(head, text):
    """`head` is such as "-h,--help", "--probe NAME=TARGET ..." or "--insecure=true"."""
    names, _, value = head.partition(" ")
    repeats = value.endswith("...")
    value = value.removesuffix("...").strip()
    names, _, alone = names.partition("=")
    # A default follows the value's name; names are in capitals.
    named = re.fullmatch(r"([A-Z][A-Z:=]*)=([^A-Z].*)", value)
    if named:
        value, alone = named.groups()
    option = Option(names.split(","), value or expected_value(text), alone, repeats, text)
    if option.takes_value:
        option.choices = fixed_choices(text)
    return option


def read_options(lines):
    """An option begins two columns in; its text stands behind two blanks or further in on the next lines."""
    heads = []
    for line in lines:
        begin = re.match(r"  (-\S+(?: \S+)*)(?:  +(\S.*))?$", line)
        if begin:
            heads.append((begin.group(1), [begin.group(2) or ""]))
        elif line.strip():
            heads[-1][1].append(line.strip())
    return [read_option(head, " ".join(texts).strip()) for head, texts in heads]


def read_command(name, summary, help_text):
    command = Command(name, summary)
    before, _, after = help_text.partition("\nUsage: ")
    if not after:
        raise ValueError(f"`{name} --help` has no line that begins with \"Usage: \"")
    command.text = before.strip()
    usage, *sections = after.split("\n\n")
    command.usages = [line.strip() for line in usage.splitlines()]
    for section in sections:
        title, *lines = section.splitlines()
        if title.endswith(":") and lines and lines[0].startswith("  -"):
            command.groups[title.rstrip(":")] = read_options(lines)
        elif title != "Commands:":
            command.text += "\n" + section.strip()
    return command


def clean_environment():
    """Without settings of the build machine, which would become defaults in the text."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KYMO_")}


class Program:
    """The commands of a built program: the one without a name first."""

    def __init__(self, path):
        self.path = str(path)
        text = self.run("--help")
        self.version = self.run("--version").split()[-1]
        listed = re.search(r"\nCommands:\n((?:  .+\n)+)", text)
        if not listed:
            raise ValueError(f"`{path} --help` lists no commands")
        rows = [line.split(None, 1) for line in listed.group(1).splitlines()]
        self.top = read_command("kymo", "", text)
        self.top.summary = re.sub(r"^kymo ", "", self.top.text.splitlines()[0]).rstrip(".")
        self.commands = []
        self.plain_commands = []  # name and summary of those that have no options
        for name, summary in rows:
            text = self.run(name, "--help")
            if "\nUsage: " in text:
                self.commands.append(read_command(f"kymo {name}", summary, text))
            else:
                self.plain_commands.append((name, summary))

    @property
    def rows(self):
        return [(command.word, command.summary) for command in self.commands] + self.plain_commands

    def run(self, *arguments):
        return subprocess.run([self.path, *arguments], check=True, capture_output=True, encoding="utf-8",
                              env=clean_environment()).stdout
