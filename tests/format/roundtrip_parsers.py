"""Random expositions, read back by prometheus_client's two parsers and by json, hold exactly what was recorded.

exposition_emitter says what that is. Compared both ways: nothing missing, nothing extra, every value, label, help, type and unit.
usage: roundtrip_parsers.py [FIRST_SEED [SEEDS]]; a failure names its seed.
"""
import json
import math
import sys
import tempfile
import time

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

from expectation import bits, emit, expected_samples, from_hex, labels_of, number_of


def check_value(key, entry, sample, form, now):
    if entry["value"] == "now":
        assert abs(sample.value - now) < 60, f"{key}: created {sample.value}, now {now}"
        return
    expected = number_of(entry["value"])
    # The OpenMetrics parser keeps integers whole; the other one makes a double of every number.
    if form == "openmetrics" and isinstance(expected, int):
        assert sample.value == expected and isinstance(sample.value, int), f"{key}: {sample.value!r}, not {expected!r}"
    assert bits(sample.value) == bits(expected), f"{key}: {sample.value!r}, not {expected!r}"


def check_exemplar(key, entry, sample, form, now):
    if form != "openmetrics" or "exemplar" not in entry:
        assert not sample.exemplar, f"{key}: {sample.exemplar}"
        return
    expected = {name: from_hex(value) for name, value in entry["exemplar"].items()}
    assert sample.exemplar.labels == expected, f"{key}: {sample.exemplar.labels}, not {expected}"
    assert bits(sample.exemplar.value) == bits(float.fromhex(entry["exemplar_value"])), key
    assert abs(float(sample.exemplar.timestamp) - now) < 60, key


# prometheus_client's 0.0.4 parser strips white space around a line and splits its words at any, by Unicode's idea of it, so that help loses it at
# both ends. Line feeds are escaped when it does so.
STRIPPED = "".join(chr(c) for c in range(0x110000) if chr(c).isspace() and chr(c) != "\n")


def check_help(family, documentation, form):
    expected = family["help"] if form == "openmetrics" else family["help"].strip(STRIPPED)
    assert documentation == expected, f"{family['family']}: help {documentation!r}, not {expected!r}"


def check_family(family, metric, form, now):
    assert metric.type == family["type"], f"{metric.name}: type {metric.type}, not {family['type']}"
    check_help(family, metric.documentation, form)
    if form == "openmetrics":
        assert metric.unit == family["unit"], f"{metric.name}: unit {metric.unit}"
    expected = expected_samples(family, form)
    read = {(sample.name, frozenset(sample.labels.items())): sample for sample in metric.samples}
    assert len(read) == len(metric.samples), f"{metric.name}: the same series twice"
    missing, extra = expected.keys() - read.keys(), read.keys() - expected.keys()
    assert not missing and not extra, f"{metric.name} ({form}): missing {missing}, extra {extra}"
    for key, entry in expected.items():
        check_value(key, entry, read[key], form, now)
        check_exemplar(key, entry, read[key], form, now)
    return len(read)


def check_text(directory, families, form, parse, now):
    # newline="": Python must not take a carriage return in a label for the end of a line.
    with open(f"{directory}/{form}.txt", encoding="utf-8", newline="") as file:
        metrics = {metric.name: metric for metric in parse(file.read())}
    wanted = {family["family"]: family for family in families}
    # The core's own families (kymo_...) come with every registry and are not of the generator's making.
    own = {name for name in metrics if name.startswith("kymo_")}
    assert metrics.keys() - own == wanted.keys(), f"{form}: {metrics.keys() ^ wanted.keys()}"
    return sum(check_family(family, metrics[name], form, now) for name, family in wanted.items())


def split_key(key):
    """The rule of kymo/format/json.h read backwards."""
    name, bracket, rest = key.partition("[")
    labels, at = {}, 0
    while bracket and at < len(rest):
        equals = rest.index("=", at)
        label, value, i = rest[at:equals], "", equals + 1
        while rest[i] not in ",]":
            i += rest[i] == "\\"
            value += rest[i]
            i += 1
        labels[label], at = value, i + 1
    return name, frozenset(labels.items())


def check_json(directory, families):
    with open(f"{directory}/metrics.json", encoding="utf-8") as file:
        metrics = json.load(file, parse_constant=lambda word: (_ for _ in ()).throw(ValueError(word)))["metrics"]
    read = {(section, *split_key(key)): value for section, all in metrics.items() for key, value in all.items()}
    assert len(read) == sum(len(all) for all in metrics.values()), "two series have one key"
    checked = 0
    for family in families:
        for entry in family["series"]:
            key = (entry["json"], entry["name"], frozenset(labels_of(entry).items()))
            expected = number_of(entry["value"])
            checked += 1
            if isinstance(expected, float) and not math.isfinite(expected):
                assert key not in read, f"{entry}: {read[key]}"  # JSON has no such number
                continue
            value = read[key]["value" if entry["json"] == "counters" else "current"]
            assert value == expected and bits(value) == bits(expected), f"{entry}: {value!r}"
    for name in ("summary", "server", "system"):
        with open(f"{directory}/{name}.json", encoding="utf-8") as file:
            json.load(file)
    return checked


def check_seed(directory, seed):
    families = emit(directory, seed)
    now = time.time()
    return (check_text(directory, families, "prometheus", parse_prometheus, now),
            check_text(directory, families, "openmetrics", parse_openmetrics, now),
            check_json(directory, families))


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    totals = [0, 0, 0]
    with tempfile.TemporaryDirectory() as directory:
        for seed in range(first, first + seeds):
            try:
                totals = [total + more for total, more in zip(totals, check_seed(directory, seed))]
            except Exception:
                print(f"seed {seed} failed: `exposition_emitter DIRECTORY {seed}` makes its files", file=sys.stderr)
                raise
    print(f"{seeds} seeds: {totals[0]} samples of Prometheus text, {totals[1]} of OpenMetrics, {totals[2]} series of JSON")
    assert totals[0] >= 10_000 or seeds < 30, "too little to mean much"


main()
