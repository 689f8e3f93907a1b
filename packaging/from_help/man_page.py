"""A man page of each command, in the macros of man(7)."""

import re
import textwrap

WIDTH = 78  # mandoc warns of lines longer than 80


def escaped(text):
    text = text.replace("\\", "\\e").replace("…", "...")
    # A minus that is typed must stay one; any other hyphen may break a line.
    return re.sub(r"(?<![\w])-{1,2}[\w.-]+", lambda word: word.group(0).replace("-", "\\-"), text)


def filled(text):
    """Running text as lines; a line that begins with a control character gets a guard."""
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", escaped(text))
    lines = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
    return ["\\&" + line if line[:1] in ".'" else line for line in lines]


def paragraphs(text):
    """A sentence at the end of a line ends its paragraph; other lines run on."""
    blocks = [[]]
    for line in text.splitlines():
        blocks[-1].append(line.strip())
        if line.rstrip().endswith("."):
            blocks.append([])
    return [" ".join(block) for block in blocks if block]


def option_head(option):
    names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in option.names)
    if not option.takes_value:
        return names
    value = f"\\fI{escaped(option.value)}\\fR"
    head = f"{names}[={value}]" if option.alone else f"{names} {value}"
    return head + (" ..." if option.repeats else "")


def option_lines(option):
    lines = [".TP", option_head(option), *filled(option.text)]
    if option.alone:
        lines += filled(f"The option alone means {option.alone}.")
    return lines


def usage_lines(usages):
    lines = []
    for number, usage in enumerate(usages):
        words = escaped(usage).split(" ")
        bold = [f"\\fB{word}\\fR" if re.fullmatch(r"[a-z]+", word) else word for word in words]
        lines += ([".br"] if number else []) + [" ".join(bold)]
    return lines


def see_also(program, page):
    others = ["kymo", *(command.page for command in program.commands)]
    names = [f"\\fB{escaped_name(name)}\\fR(1)" for name in others if name != page]
    return [".SH SEE ALSO", ",\n".join(names)]


def escaped_name(name):
    return name.replace("-", "\\-")


def command_list(program):
    lines = [".SH COMMANDS"]
    for name, summary in program.rows:
        lines += [".TP", f"\\fB{name}\\fR", *filled(summary[0].upper() + summary[1:] + ".")]
        if (name, summary) not in program.plain_commands:
            lines.append(f"See \\fBkymo\\-{name}\\fR(1).")
    return lines


def title(page, program, date):
    return [f'.TH {escaped_name(page.upper())} 1 "{date}" "kymo {program.version}" "User Commands"']


def page_of(command, program, date):
    """The text of a command's page; `date` as 2026-11-30."""
    lines = [*title(command.page, program, date), ".SH NAME", f"{escaped_name(command.page)} \\-", *filled(command.summary),
             ".SH SYNOPSIS", *usage_lines(command.usages), ".SH DESCRIPTION"]
    for number, paragraph in enumerate(paragraphs(command.text)):
        lines += ([".PP"] if number else []) + filled(paragraph)
    for group, options in command.groups.items():
        lines += [f".SH {group.upper()}", *(line for option in options for line in option_lines(option))]
    if command is program.top:
        lines += command_list(program)
    return "\n".join([*lines, *see_also(program, command.page)]) + "\n"
