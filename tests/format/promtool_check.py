"""promtool reads Prometheus text: without a word of complaint where names are good, without a parse error for any content."""
import os
import subprocess
import sys
import tempfile

EMITTER = os.path.join(os.environ["KYMO_BIN"], "exposition_emitter")
PROMTOOL = os.path.join(os.environ["KYMO_PEERS"], "promtool")
CLEAN, LINT = 0, 3  # exit codes of `promtool check metrics`; 1 is text that it cannot parse


def check(*emitter_arguments):
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([EMITTER, directory, *emitter_arguments], check=True)
        with open(f"{directory}/prometheus.txt", "rb") as text:
            return subprocess.run([PROMTOOL, "check", "metrics"], stdin=text, capture_output=True, text=True, check=False)


def main():
    if not os.path.exists(PROMTOOL):
        sys.exit(f"{PROMTOOL} is not there: tools/peers brings it")
    sample = check()
    assert (sample.returncode, sample.stdout, sample.stderr) == (CLEAN, "", ""), f"{sample.returncode}: {sample.stderr}"
    for seed in range(1, 41):
        result = check(str(seed))
        assert result.returncode in (CLEAN, LINT) and "error while linting" not in result.stderr, \
            f"seed {seed}: {result.returncode} {result.stderr[:2000]}"
    print("the sample is clean, 40 random expositions are parsed")


main()
