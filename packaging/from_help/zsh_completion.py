"""Completion for zsh, in the words of its function _arguments."""

from program_help import TOP_OPTIONS

HEAD = """\
#compdef kymo
# Completion of kymo for zsh, made from `kymo --help`.
_kymo_metrics() {
  compset -P '*[^a-zA-Z0-9_:]'
  compadd -S '' -- ${(f)"$(kymo query --names 2>/dev/null)"}
}
_kymo() {
  local curcontext=$curcontext state
  local -a line commands
  commands=(
"""


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def without_marks(text):
    """Colons and brackets end a part of a specification."""
    for mark in "\\:[]":
        text = text.replace(mark, "\\" + mark)
    return text


def action_of(option):
    if option.takes_file:
        return "_files"
    return "(" + " ".join(option.choices) + ")" if option.choices else " "


def specifications(option):
    """One for each name: `*` lets it repeat, `=` lets the value follow as a word too, `=-` does not."""
    for name in option.names:
        text = without_marks(option.summary)
        before = "(- *)" if name in TOP_OPTIONS or name == "-h" else "*" if option.repeats else ""
        if not option.takes_value:
            yield quoted(f"{before}{name}[{text}]")
            continue
        joint, colons = ("=-", "::") if option.alone else ("=", ":")
        yield quoted(f"{before}{name}{joint}[{text}]{colons}{without_marks(option.value)}:{action_of(option)}")


def rest_of(command):
    """Arguments that are no options: where a usage has a COMMAND, another program's words are completed as its own."""
    if command.starts_another:
        return [quoted("*::: :_normal")]
    if command.takes_query:
        return [quoted("*: :_kymo_metrics")]
    return [quoted("*: : ")] if any(usage.split()[-1] != "[OPTIONS]" for usage in command.usages) else []


def script_of(program):
    rows = [*program.rows, ("help", "print the help of a command")]
    names = " ".join(name for name, _ in program.rows)
    lines = [f"    {quoted(without_marks(name) + ':' + summary)}" for name, summary in rows]
    lines += ["  )", f"  _arguments -C {' '.join(quoted('(- *)' + name) for name in TOP_OPTIONS)} \\",
              "    '1: :->command' '*:: :->arguments'", "  case $state in",
              "    command) _describe command commands ;;", "    arguments)", "      case $line[1] in",
              f"        help) _values command {names} ;;"]
    for command in program.commands:
        texts = [text for option in command.options for text in specifications(option)] + rest_of(command)
        lines += [f"        {command.word})", "          _arguments \\", " \\\n".join(" " * 12 + text for text in texts), "          ;;"]
    return HEAD + "\n".join([*lines, "      esac", "      ;;", "  esac", "}", "_kymo \"$@\""]) + "\n"
