"""A configuration file with all defaults in comments, so that defaults of a later version apply to untouched lines."""

import re

HEAD = """\
# The configuration of the service kymo. `man kymo-serve` tells of each setting.
# Each line holds a default, switched off by the # before it. Remove that # to change a setting. A setting
# inside a section needs the section's line, too.
# `kymo serve --config /etc/kymo/kymo.yml --print-config` shows the settings in effect.
# `systemctl reload kymo` takes a changed token or certificate. Other changes need a restart.

"""


def text_of(program):
    printed = program.run("serve", "--no-history", "--print-config").splitlines()
    lines = []
    for line in printed[1:]:  # the first is about the printed text
        is_comment = line.lstrip().startswith("#")
        # An explanation has two marks, so that it stays a comment when a user removes one from each line.
        lines.append(f"## {line.strip().lstrip('# ')}" if is_comment else "#" + re.sub(r"  # default$", "", line))
    return HEAD + "\n".join(lines) + "\n"
