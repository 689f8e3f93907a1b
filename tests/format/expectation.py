"""What exposition_emitter says must be read from its files, for the tests that read them."""
import json
import math
import os
import struct
import subprocess

from prometheus_client.utils import floatToGoString

EMITTER = os.path.join(os.environ["KYMO_BIN"], "exposition_emitter")


def emit(directory, seed):
    """Makes the files of that seed; returns what must be in them."""
    subprocess.run([EMITTER, directory, str(seed)], check=True)
    return read_expected(f"{directory}/expected.jsonl")


def from_hex(text):
    return bytes.fromhex(text).decode("utf-8")


def labels_of(entry):
    labels = {key: from_hex(value) for key, value in entry["labels"].items()}
    if "le" in entry:
        labels["le"] = floatToGoString(float.fromhex(entry["le"]))
    return labels


def number_of(value):
    """Whole numbers come as such, doubles as C's hex notation."""
    return float.fromhex(value) if isinstance(value, str) else value


def bits(value):
    """So that -0.0 and NaN compare as what they are; any NaN is one."""
    value = float(value)
    return "nan" if math.isnan(value) else struct.pack("<d", value)


def read_expected(path):
    """The lines of expected.jsonl as families; each has its samples and its series in the JSON."""
    families = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            entry = json.loads(line)
            if "family" in entry:
                entry.update(samples=[], series=[], help=from_hex(entry["help"]))
                families.append(entry)
            elif "sample" in entry:
                families[-1]["samples"].append(entry)
            else:
                families[-1]["series"].append(entry)
    return families


def expected_samples(family, form):
    """The samples that a format shows, by name and labels."""
    samples = {}
    for entry in family["samples"]:
        if entry["in"] not in ("both", form):
            continue
        key = (entry["sample"], frozenset(labels_of(entry).items()))
        assert key not in samples, f"the generator made {key} twice"
        samples[key] = entry
    return samples
