"""Completion for bash: commands, their options, and the fixed values of these."""

from program_help import TOP_OPTIONS

# bash splits words at "=", so an option and its value may come as one, two or three words.
HEAD = """\
# Completion of kymo for bash, made from `kymo --help`.
_kymo() {
  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} option= options= values= programs= queries= word
  COMPREPLY=()
  if ((COMP_CWORD > 1)); then
    option=${COMP_WORDS[COMP_CWORD - 1]}
    if [[ $current == = ]]; then
      current=
    elif [[ $option == = ]]; then
      option=${COMP_WORDS[COMP_CWORD - 2]}
    elif [[ $current == --*=* ]]; then
      option=${current%%=*}
      current=${current#*=}
    fi
    # Behind "--" stands another program's command line: files.
    for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do [[ $word != -- ]] || return 0; done
  else
    command=
  fi
"""

# Without an answer readline offers files, which is right for the value FILE and for arguments only.
TAIL = """\
  if [[ $values == FILE ]]; then
    return 0
  elif [[ $values == ANY ]]; then
    compopt +o default 2>/dev/null
  elif [[ -n $values && $current != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
  elif [[ -n $options && ( $current == -* || -z $current ) ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  elif [[ -n $programs ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$current")
  elif [[ -n $queries ]]; then
    compopt -o nospace +o default 2>/dev/null
    word=${current##*[!a-zA-Z0-9_:]}
    mapfile -t COMPREPLY < <(compgen -P "${current%"$word"}" -W "$("${COMP_WORDS[0]}" query --names 2>/dev/null)" -- "$word")
  fi
}
complete -o default -F _kymo kymo
"""


def values_of(option):
    if option.takes_file:
        return "FILE"
    return " ".join(option.choices) or "ANY"


def value_cases(command):
    """One line for all options with the same values."""
    names_by_values = {}
    for option in command.options:
        # An option that may stand alone tells nothing of the next word unless its values are known.
        if option.takes_value and (option.choices or option.needs_value):
            names_by_values.setdefault(values_of(option), []).extend(option.names)
    for values, names in names_by_values.items():
        yield f"        {' | '.join(names)}) values='{values}' ;;"


def command_case(command):
    names = " ".join(name for option in command.options for name in option.names)
    programs = ["      programs=yes"] if command.starts_another else []
    queries = ["      queries=yes"] if command.takes_query else []
    return [f"    {command.word})", f"      options='{names}'", *programs, *queries, "      case $option in", *value_cases(command),
            "      esac", "      ;;"]


def script_of(program):
    words = " ".join(name for name, _ in program.rows)
    lines = ["  case $command in", f"    '') options='{words} help {' '.join(TOP_OPTIONS)}' values=$options ;;",
             f"    help) values='{words}' ;;"]
    for command in program.commands:
        lines += command_case(command)
    return HEAD + "\n".join([*lines, "  esac"]) + "\n" + TAIL
