"""Queries as dashboards and rules have them, for the comparison with Prometheus.

Each function gives a query and one of the magnitudes of its terms, with the same labels.
"""
from random_series import END


class Queries:
    COUNTERS = ("http_requests_total", "cpu_seconds_total", "http_latency_seconds_count", "http_latency_seconds_sum")
    GAUGES = ("memory_bytes", "temperature_celsius", "queue_length", "job_limit", "up")
    POSITIVE = ("memory_bytes", "queue_length", "job_limit")
    UNIQUE = ("memory_bytes", "temperature_celsius", "cpu_seconds_total", "http_latency_seconds_sum")
    RANGES = ("1m", "2m", "5m", "5m", "10m", "30m", "1h")
    GROUPS = ("job", "instance", "job, instance", "code", "job, code", "method", "mode", "")

    def __init__(self, rand):
        self.rand = rand
        self.kinds = ((18, self.rate), (22, self.grouped_rate), (10, self.quantile), (12, self.over_time), (9, self.aggregate),
                      (7, self.ratio), (5, self.joined), (6, self.compared), (4, self.set_operation), (6, self.subquery),
                      (8, self.function), (3, self.labelled), (3, self.absence), (3, self.number), (2, self.ordered))

    def pick(self, *choices):
        return self.rand.choice(choices)

    def next(self):
        return self.rand.choices([kind for _, kind in self.kinds], [weight for weight, _ in self.kinds])[0]()

    def matchers(self):
        found = []
        if self.rand.random() < 0.45:
            found.append(self.pick('job="api"', 'job="web"', 'job!="api"', 'job=~"a.*|x"', 'job!~"w.b"', 'job=~".+"', 'job=""'))
        if self.rand.random() < 0.25:
            found.append(self.pick('instance="a:1"', 'instance=~"[ab]:1"', 'instance!~"a.*"', "instance!='c:2'"))
        if self.rand.random() < 0.1:
            found.append(self.pick('code=~"5.."', 'code!="200"', 'nothing=""', 'mode!="idle"', 'method=~"get|post|"'))
        return "{" + ",".join(found) + "}" if found else ""

    def shift(self):
        kind = self.rand.random()
        if kind < 0.78:
            return ""
        if kind < 0.9:
            return " offset " + self.pick("1m", "5m", "30m", "7m30s", "-1m30s")
        moment = self.pick(str(30 * self.rand.randrange(120, 350) + 7), "start()", "end()")
        return f" @ {moment}" + (" offset 10m" if kind > 0.97 else "")

    def selector(self, names):
        return self.pick(*names) + self.matchers() + self.shift()

    def window(self, names, ranges=RANGES):
        return f"{self.pick(*names)}{self.matchers()}[{self.pick(*ranges)}]{self.shift()}"

    def rate(self):
        name = self.pick("rate", "rate", "rate", "increase", "increase", "irate", "resets", "changes")
        text = f"{name}({self.window(self.COUNTERS)})"
        return text, text

    def grouping(self):
        return f"{self.pick('by', 'by', 'by', 'without')} ({self.pick(*self.GROUPS)})" if self.rand.random() < 0.85 else ""

    def grouped_rate(self):
        inner, _ = self.rate()
        name, grouping = self.pick("sum", "sum", "sum", "avg", "max", "min", "count"), self.grouping()
        text = self.pick(f"{name} {grouping} ({inner})", f"{name} ({inner}) {grouping}")
        return text, f"sum {grouping} (abs({inner}))"

    def quantile(self):
        window = f"http_latency_seconds_bucket{self.matchers()}[{self.pick(*self.RANGES)}]{self.shift()}"
        rates = f"{self.pick('rate', 'rate', 'increase')}({window})"
        if self.rand.random() < 0.7:
            rates = f"sum by ({self.pick('le', 'le, job', 'job, le, instance', 'le, route')}) ({rates})"
        text = f"histogram_quantile({self.pick('0.5', '0.9', '0.95', '0.99', '-1', '1.1', '0.123')}, {rates})"
        return text, f"0 * abs({text}) + 10"

    def over_time(self):
        name = self.pick("avg", "avg", "min", "max", "sum", "count", "last", "present", "stddev", "stdvar", "quantile")
        window = self.window(self.POSITIVE)
        if name == "quantile":
            text = f"quantile_over_time({self.pick('0', '0.5', '0.95', '1')}, {window})"
        else:
            text = f"{name}_over_time({window})"
        power = " ^ 2" if name == "stdvar" else ""
        return text, f"sum_over_time({window}){power}"

    def plain(self):
        """A gauge, or rates, that may have names."""
        if self.rand.random() < 0.6:
            text = self.selector(self.GAUGES)
            return text, f"abs({text})"
        return self.rate()

    def aggregate(self):
        grouping = self.grouping()
        name = self.pick("sum", "avg", "avg", "min", "max", "count", "stddev", "stdvar", "group", "quantile", "topk", "topk", "bottomk",
                         "count_values")
        if name in ("topk", "bottomk"):
            text = f"{name} {grouping} ({self.pick('1', '2', '3', '100', '0')}, {self.selector(self.UNIQUE)})"
            return text, f"abs({text})"
        if name == "count_values":
            text = f'count_values {grouping} ("{self.pick("value", "code")}", {self.selector(("queue_length", "up", "job_limit"))})'
            return text, text
        inner, terms = self.plain()
        power = " ^ 2" if name == "stdvar" else ""
        argument = self.pick("0.5, ", "0.9, ", "-0.1, ", "2, ") if name == "quantile" else ""
        return f"{name} {grouping} ({argument}{inner})", f"sum {grouping} (({terms}){power})"

    def ratio(self):
        """A part of a whole, such as the share of errors."""
        kind = self.rand.randrange(4)
        group = self.pick("job", "instance", "job, instance")
        window = self.pick(*self.RANGES)
        if kind == 0:
            part = f'sum by ({group}) (rate(http_requests_total{{code=~"{self.pick("5..", "4..|5..", "200")}"}}[{window}]))'
            text = f"{part} / sum by ({group}) (rate(http_requests_total[{window}]))"
            return text, text
        if kind == 1:
            part = f'avg by ({group}) (rate(cpu_seconds_total{{mode="idle"}}[{window}]))'
            return f"{self.pick('100', '1')} - {part} * 100", f"100 + {part} * 100"
        if kind == 2:
            sums = f"sum by ({group}) (rate(http_latency_seconds_sum{self.matchers()}[{window}]))"
            text = f"{sums} / sum by ({group}) (rate(http_latency_seconds_count[{window}]))"
            return text, text
        operator = self.pick("+", "-", "*", "/", "%", "^")
        other = self.pick("2", "0.5", "100", "1e3", "0")
        names = ("queue_length", "up", "job_limit") if operator in ("%", "^") else self.GAUGES
        inner = self.selector(names)
        text = self.pick(f"{inner} {operator} {other}", f"-{inner} {operator} {other}", f"{other} {operator} {inner}")
        return text, f"abs({inner}) + {other}"

    def joined(self):
        """Two sides with matching; some of these have no unique partner, which is an error in both engines."""
        kind = self.rand.randrange(6)
        operator = self.pick("*", "/", "+", "-")
        if kind == 0:
            left, terms = self.plain()
            many = "* on (job, instance) group_left (version) build_info" + self.pick("", '{job="api"}')
            return f"{left} {many}", f"({terms}) {many}"
        if kind == 1:
            left = self.selector(("queue_length",))
            return f"{left} {operator} ignoring (queue) group_left () memory_bytes", f"{left} + ignoring (queue) group_left () memory_bytes"
        if kind == 2:
            right = self.selector(("memory_bytes", "temperature_celsius", "up"))
            return f"job_limit {operator} on (job) group_right () {right}", f"job_limit + on (job) group_right () abs({right})"
        if kind == 3:
            left = self.selector(("memory_bytes",))
            return f"{left} {operator} temperature_celsius", f"{left} + abs(temperature_celsius)"
        if kind == 4:
            text = f"{self.selector(('queue_length',))} {operator} on (job) up"
            return text, text
        left, right = ('queue_length{queue="in"}', 'queue_length{queue="out"}')
        how = self.pick("ignoring (queue)", "on (job, instance)", "ignoring (queue, job)")
        return f"{left} {operator} {how} {right}", f"{left} + {how} {right}"

    def compared(self):
        operator = self.pick("==", "!=", ">", "<", ">=", "<=")
        has_bool = self.pick("", "bool ")
        kind = self.rand.randrange(4)
        if kind == 0:
            text = f"{self.selector(('queue_length', 'up'))} {operator} {has_bool}{self.pick('0', '1', '3')}"
        elif kind == 1:
            text = f"{self.selector(('temperature_celsius', 'memory_bytes'))} {self.pick('>', '<')} {has_bool}{self.pick('12.3', '1.5e9')}"
        elif kind == 2:
            text = f'queue_length{{queue="in"}} {operator} {has_bool}ignoring (queue) queue_length{{queue="out"}}'
        else:
            inner, terms = self.grouped_rate()
            return f"({inner}) {self.pick('>', '<')} {has_bool}1.2345", f"({terms}) + 1"
        return text, f"abs({text})"

    def set_operation(self):
        left, terms = self.plain()
        operator = self.pick("and", "or", "unless")
        how = self.pick("", "on (job) ", "on (job, instance) ", "ignoring (queue, code, mode) ", "on () ")
        right = f"{self.selector(('up', 'queue_length', 'job_limit'))}{self.pick('', ' == 1', ' > 2')}"
        return f"{left} {operator} {how}({right})", f"{terms} {operator} {how}({right})"

    def subquery(self):
        grid = self.pick("[10m:30s]", "[30m:1m]", "[30m:]", "[1h:5m]", "[5m:30s]")
        shift = self.shift()
        inner, terms = self.pick(self.rate, self.grouped_rate, self.plain, self.over_time)()
        name = self.pick("max", "avg", "min", "sum", "count", "last")
        if self.rand.random() < 0.15:
            text = f"rate({self.selector(('http_requests_total',))}{grid}{shift})"
            return text, text
        return f"{name}_over_time(({inner}){grid}{shift})", f"sum_over_time(({terms}){grid}{shift})"

    def function(self):
        kind = self.rand.randrange(8)
        if kind == 0:
            text = f"{self.pick('ceil', 'floor', 'round', 'sgn', 'abs', 'sqrt', 'ln', 'log2', 'log10')}({self.selector(self.GAUGES)})"
        elif kind == 1:
            inner = self.selector(("temperature_celsius", "queue_length"))
            text = f"{self.pick('exp', 'sin', 'cos', 'tan', 'atan', 'sinh', 'cosh', 'tanh', 'deg', 'rad', 'asinh')}({inner} / 10)"
            return text, f"abs({text}) + 1000"
        elif kind == 2:
            inner = self.selector(("temperature_celsius", "queue_length"))
            text = self.pick(f"clamp({inner}, 1, 4)", f"clamp_min({inner}, 2)", f"clamp_max({inner}, 2)", f"round({inner}, 0.25)")
        elif kind == 3:
            text = f"timestamp({self.pick(*self.GAUGES)}{self.matchers()}{self.pick('', ' offset 5m', ' @ end()', ' @ 5407')})"
        elif kind == 4:
            window = self.window(self.POSITIVE)
            return f"{self.pick('deriv', 'delta', 'idelta')}({window})", f"sum_over_time({window})"
        elif kind == 5:
            window = f"{self.pick(*self.POSITIVE)}{self.matchers()}[{self.pick('5m', '10m', '30m')}]{self.pick('', ' offset 5m')}"
            ahead = self.pick("600", "3600", "-60")
            return f"predict_linear({window}, {ahead})", f"20 * sum_over_time({window})"
        elif kind == 6:
            text = f"changes({self.window(self.GAUGES)})"
        else:
            text = f"{self.pick('hour', 'minute', 'day_of_week', 'days_in_month', 'month', 'year')}({self.selector(('memory_bytes',))})"
        return text, f"abs({text})"

    def labelled(self):
        inner, terms = self.plain()
        change = self.pick('"to", "$1-x", "instance", "(.*):.*"', '"job", "", "job", "w.*"', '"job", "same", "job", ".*"',
                           '"to", "${1}${2}", "job", "(a)(p).*"')
        wrap = (lambda text: f"label_replace({text}, {change})") if self.rand.random() < 0.6 else \
            (lambda text: f'label_join({text}, "both", "-", "job", "instance", "none")')
        return wrap(inner), wrap(terms)

    def absence(self):
        name = self.pick("nothing", "up", "queue_length", 'nothing{a="b"}', 'up{job="x",instance=~".*"}', 'up{job="x",code="1"}')
        text = self.pick(f"absent({name}{self.shift()})", f"absent_over_time({name}[{self.pick(*self.RANGES)}])",
                         f"absent(sum({name}))", f"sum({name}) or vector(0)")
        return text, text

    def number(self):
        text = self.pick("time()", "1 + 2 * 3 ^ 2", "vector(time() / 7)", f"scalar({self.selector(self.POSITIVE)})", "-(2 ^ 0.5)", "pi() * 2",
                         f"scalar(job_limit{{job=\"api\"}}) * {self.selector(('up',))}", "minute()", "vector(1) + on () vector(2)", "7 % 4 == bool 3",
                         f"{self.selector(('memory_bytes',))} / scalar(sum(memory_bytes))", "time() - timestamp(up)")
        return text, f"abs(vector(1)) * 1e3 + 0 * scalar(up)" if text[0] in "t1s-p7" else f"abs({text})"

    def ordered(self):
        text = f"{self.pick('sort', 'sort_desc')}({self.selector(('memory_bytes', 'temperature_celsius'))})"
        return text, f"abs({text})"


def make_requests(rand, count):
    """Queries with their times; a third is instant. All times are 7 s off the grid of 30 s."""
    queries, requests = Queries(rand), []
    while len(requests) < count:
        query, terms = queries.next()
        start = 30 * rand.randrange(120, 330) + 7
        step = rand.choice((30, 60, 60, 90, 300, 900))
        steps = rand.randrange(1, 25)
        is_instant = rand.random() < 0.33
        end = start if is_instant else min(start + step * steps, END - 20)
        requests.append({"query": query, "terms": terms, "start": start, "end": end, "step": 0 if is_instant else step})
    return requests
