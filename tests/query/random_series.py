"""Series for the comparison with Prometheus: {(name, labels): [(seconds, value)]}. Its test says why they are as they are."""
import math

END = 3 * 3600
FIRST_COUNT = 50_000
BOUNDS = ["0.005", "0.025", "0.1", "0.25", "0.5", "1", "2.5", "+Inf"]


def times(rand, first=0, last=END, gaps=(), jitter=0):
    """Half seconds, about every 15 s, each series with a phase of its own."""
    phase = rand.randrange(1, 15)
    for at in range(first + phase, last, 15):
        seconds = at + rand.randint(-jitter, jitter) + 0.5
        if not any(begin <= seconds < end for begin, end in gaps):
            yield seconds


def random_times(rand):
    """The times of a series, and whether it is steady: some begin late, end early, jitter, or have a long or a short gap."""
    kind = rand.random()
    if kind < 0.08:
        return list(times(rand, first=rand.randrange(3600, 7200))), False
    if kind < 0.16:
        return list(times(rand, last=rand.randrange(4000, 9000))), False
    if kind < 0.3:
        begin = rand.randrange(3600, 9000)
        return list(times(rand, gaps=[(begin, begin + rand.choice((60, 120, 400, 1500)))])), False
    if kind < 0.5:
        return list(times(rand, jitter=1)), False
    return list(times(rand)), True


def counter(rand, whole=True):
    value = FIRST_COUNT + rand.random() * 1e6
    pace = math.exp(rand.uniform(-2, 6))
    resets = rand.random() < 0.6
    samples = []
    seconds_of_all, is_steady = random_times(rand)
    for seconds in seconds_of_all:
        value += rand.expovariate(1) * pace if rand.random() < 0.8 else 0
        if resets and samples and rand.random() < 0.01:
            value = pace * rand.random() if is_steady else min(value, FIRST_COUNT)
        samples.append((seconds, float(int(value)) if whole else value))
    return samples


def gauge(rand, low, high):
    value, samples = rand.uniform(low, high), []
    for seconds in random_times(rand)[0]:
        value = min(high, max(low, value + rand.gauss(0, (high - low) / 50)))
        samples.append((seconds, value))
    return samples


def level(rand):
    return [(seconds, float(rand.randrange(6))) for seconds in random_times(rand)[0]]


def histogram(rand, labels):
    """The classic series of one histogram; all of them have their samples at the same times."""
    counts = [FIRST_COUNT * (place + 1) for place in range(len(BOUNDS))]
    total, middle = FIRST_COUNT * (1 + rand.random()), math.exp(rand.uniform(-4, 0))
    series = {("http_latency_seconds_bucket", labels + (("le", bound),)): [] for bound in BOUNDS}
    series |= {("http_latency_seconds_sum", labels): [], ("http_latency_seconds_count", labels): []}
    busy = rand.choice((0, 3, 20))
    seconds_of_all, is_steady = random_times(rand)
    for place, seconds in enumerate(seconds_of_all):
        if is_steady and place > 0 and rand.random() < 0.004:
            counts, total = [0] * len(BOUNDS), rand.random()
        for _ in range(rand.randrange(busy + 1)):
            taken = rand.lognormvariate(math.log(middle), 0.8)
            total += taken
            counts = [count + (taken <= float(bound)) for count, bound in zip(counts, BOUNDS)]
        for bound, count in zip(BOUNDS, counts):
            series[("http_latency_seconds_bucket", labels + (("le", bound),))].append((seconds, float(count)))
        series[("http_latency_seconds_sum", labels)].append((seconds, total))
        series[("http_latency_seconds_count", labels)].append((seconds, float(counts[-1])))
    return series


def make_data(rand):
    data = {}
    for job in ("api", "web"):
        data[("job_limit", (("job", job),))] = [(seconds, 100.0 if job == "api" else 250.5) for seconds in times(rand)]
        for instance in ("a:1", "b:1", "c:2"):
            where = (("instance", instance), ("job", job))
            data[("up", where)] = [(seconds, float(rand.random() < 0.95)) for seconds in times(rand)]
            data[("build_info", where + (("version", f"1.{rand.randrange(3)}"),))] = [(seconds, 1.0) for seconds in times(rand)]
            data[("memory_bytes", where)] = gauge(rand, 1e6, 8e9)
            data[("temperature_celsius", where)] = gauge(rand, -30, 40)
            for code in ("200", "404", "500"):
                for method in ("get", "post"):
                    labels = (("code", code),) + where + (("method", method),)
                    data[("http_requests_total", labels)] = counter(rand)
            for queue in ("in", "out"):
                data[("queue_length", where + (("queue", queue),))] = level(rand)
            for mode in ("idle", "user", "system"):
                data[("cpu_seconds_total", (("cpu", "0"),) + where + (("mode", mode),))] = counter(rand, whole=False)
            if instance != "c:2":
                data |= histogram(rand, where + (("route", "/"),)) | histogram(rand, where + (("route", "/v1/\"x\""),))
    return data


def series_text(name, labels):
    def quoted(value):
        return value.replace("\\", "\\\\").replace('"', '\\"')

    return name + "{" + ",".join(f'{key}="{quoted(value)}"' for key, value in labels) + "}"


def write_script(data, path):
    """A script's items are half seconds apart; `_x29` leaves 29 out."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("load 500ms\n")
        for (name, labels), samples in data.items():
            items, place = [], 0
            for seconds, value in samples:
                index = round(seconds * 2)
                items.append(f"_x{index - place} {value!r}")
                place = index + 1
            file.write(f"  {series_text(name, labels)} {' '.join(items)}\n")


def write_openmetrics(data, path):
    with open(path, "w", encoding="utf-8") as file:
        for (name, labels), samples in data.items():
            for seconds, value in samples:
                file.write(f"{series_text(name, labels)} {value!r} {seconds}\n")
        file.write("# EOF\n")
