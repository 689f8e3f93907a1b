// kymo's side of bench/query: an hour of a server in a store of the history, and queries over it on one
// thread.
//   query_subject FOLDER [--smoke]
// Writes the same samples for the peers: FOLDER/data.om as OpenMetrics, FOLDER/data.jsonl as VictoriaMetrics
// imports it. Then answers requests {"query":…,"start":ms,"end":ms,"step":ms,"answer":"FILE"}, one a line.
// `answer` is optional: the file gets the result.
#include <kymo/history/store.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/base/json_value.h>
#include <kymo/base/json_writer.h>
#include <kymo/base/number_text.h>
#include <kymo/bench/measure.h>
#include <kymo/core/registry.h>
#include <kymo/query/classic_view.h>
#include <kymo/query/engine.h>

namespace kymo::KYMO_ABI::bench {
namespace {

constexpr std::uint64_t kSeed = 20261130;
constexpr std::size_t kRoutes = 12;
constexpr std::size_t kInstances = 8;
constexpr std::size_t kLevels = 120;
const std::vector<double> kBounds = {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};

struct Shape {
  std::int64_t span_ms = 3'900'000;  ///< an hour, and five minutes before it
  std::size_t many = 5000;
  std::int64_t month_ms = std::int64_t{30} * 24 * 3'600'000;
  std::int64_t begin_ms = 0;  ///< of all samples, after now: an instrument knows when it began

  [[nodiscard]] std::int64_t end_ms() const { return begin_ms + span_ms; }
};

/// Appends a Snapshot at each tick of the time. Samples are half a second away from all times of queries:
/// peers do not agree about borders.
template <class Record>
void fill(history::Store& store, Registry& registry, const Shape& shape, std::int64_t tick_ms,
          Record record) {
  for (std::int64_t at = shape.begin_ms; at < shape.end_ms(); at += tick_ms) {
    record();
    const std::chrono::milliseconds time(at + 500);
    if (!store.append(std::chrono::system_clock::time_point(time), *registry.snapshot())) {
      throw std::runtime_error("the store took no tick");
    }
  }
}

history::StoreOptions roomy() { return {.memory_bytes = std::size_t{1} << 30U}; }

/// A second apart: latencies with own bounds (`x`), others with exponential buckets (`e`), and levels (`g`).
void fill_seconds(history::Store& store, const Shape& shape) {
  Registry registry;
  std::mt19937_64 random(kSeed);
  const auto own = registry.family<Histogram>("x", "X.", {.bounds = kBounds});
  const auto exponential = registry.family<Histogram>("e", "E.", {});
  const auto levels = registry.family<Gauge>("g", "G.");
  struct Latency {
    Histogram own, exponential;
    std::poisson_distribution<int> events;
    std::lognormal_distribution<double> seconds;
  };
  std::vector<Latency> latencies;
  for (std::size_t i = 0; i < kRoutes * kInstances; ++i) {
    const std::string route = "/api/" + std::to_string(i % kRoutes);
    const std::string instance = "host-" + std::to_string(i / kRoutes);
    std::uniform_real_distribution<double> spread(0, 1);
    latencies.push_back({own.with({{"route", route}, {"instance", instance}}),
                         exponential.with({{"route", route}, {"instance", instance}}),
                         std::poisson_distribution<int>(std::exp(4 * spread(random))),
                         std::lognormal_distribution<double>(std::log(0.002) + 5 * spread(random),
                                                             0.3 + 0.6 * spread(random))});
  }
  std::vector<Gauge> gauges;
  for (std::size_t i = 0; i < kLevels; ++i) gauges.push_back(levels.with({{"n", std::to_string(i)}}));
  std::vector<double> at(kLevels, 1000);
  std::normal_distribution<double> jitter(0, 5);
  fill(store, registry, shape, 1000, [&] {
    for (Latency& latency : latencies) {
      for (int left = latency.events(random); left > 0; --left) {
        const double seconds = latency.seconds(random);
        latency.own.record(seconds);
        latency.exponential.record(seconds);
      }
    }
    for (std::size_t i = 0; i < kLevels; ++i) {
      at[i] = std::max(0.0, std::round((at[i] + jitter(random)) * 100) / 100);
      gauges[i].set(at[i]);
    }
  });
}

/// 15 s apart: many levels (`m`).
void fill_quarters(history::Store& store, const Shape& shape) {
  Registry registry({.max_series_per_family = 100'000, .max_series = 100'000});
  std::mt19937_64 random(kSeed);
  const auto levels = registry.family<Gauge>("m", "M.");
  std::vector<Gauge> gauges;
  for (std::size_t i = 0; i < shape.many; ++i) gauges.push_back(levels.with({{"n", std::to_string(i)}}));
  std::uniform_real_distribution<double> level(0, 1000);
  fill(store, registry, shape, 15'000, [&] {
    for (Gauge& gauge : gauges) gauge.set(level(random));
  });
}

/// A histogram (`month`) over 30 days, 10 s apart, in a directory: the thread of the directory makes the
/// tiers.
void fill_month(history::Store& store, const Shape& shape) {
  constexpr int kTicksBetweenSyncs = 2000;
  Registry registry;
  std::mt19937_64 random(kSeed);
  Histogram latency = registry.histogram("month", "M.");
  std::poisson_distribution<int> events(20);
  std::lognormal_distribution<double> seconds(std::log(0.01), 0.8);
  int tick = 0;
  fill(store, registry, shape, 10'000, [&] {
    for (int left = events(random); left > 0; --left) latency.record(seconds(random));
    if (++tick % kTicksBetweenSyncs == 0) store.sync();
  });
  store.sync();
}

/// Writes samples as both peers read them.
class Export {
 public:
  explicit Export(const std::string& folder) : text_(folder + "/data.om"), lines_(folder + "/data.jsonl") {}

  void write(const series::SeriesReader& store, const char* name) {
    const auto scan = store.scan();
    const std::vector<series::Matcher> matchers = {series::Matcher::equal("__name__", name)};
    for (const series::SeriesRef& found : store.find(matchers, {})) {
      const std::string labels = found->labels.to_string();
      std::string times;
      std::string values;
      scan->open(found, {});
      while (const series::SeriesChunk* chunk = scan->next()) {
        for (std::size_t i = 0; i < chunk->times_ms.size(); ++i) {
          const std::string value = text_of(chunk->values[i]);
          const std::int64_t at = chunk->times_ms[i];
          text_ << labels << ' ' << value << ' ' << at / 1000 << '.' << at % 1000 / 100 << '\n';
          times += (times.empty() ? "" : ",") + std::to_string(at);
          values += (values.empty() ? "" : ",") + value;
        }
      }
      write_line(found->labels, times, values);
    }
  }
  void finish() { text_ << "# EOF\n" << std::flush, lines_ << std::flush; }

 private:
  static std::string text_of(double number) {
    std::string text(base::kMaxNumberBytes, '\0');
    text.resize(static_cast<std::size_t>(base::put_number(text.data(), number) - text.data()));
    return text;
  }
  void write_line(const series::LabelSet& labels, const std::string& times, const std::string& values) {
    std::string metric;
    base::JsonWriter json(metric);
    json.begin_object();
    for (const Label label : labels) json.field(label.key, label.value);
    json.end_object();
    lines_ << "{\"metric\":" << metric << ",\"values\":[" << values << "],\"timestamps\":[" << times
           << "]}\n";
  }

  std::ofstream text_;
  std::ofstream lines_;
};

/// The result as an HTTP API of Prometheus gives it.
std::string json_of(const query::QueryResult& result) {
  constexpr std::size_t kUsualPoint = 32;
  std::size_t points = 0;
  for (const query::ResultSeries& series : result.series) points += series.numbers.size();
  std::string text;
  text.reserve(points * kUsualPoint + result.series.size() * 8 * kUsualPoint);
  text = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[";
  for (const query::ResultSeries& series : result.series) {
    if (text.back() != '[') text += ',';
    text += "{\"metric\":";
    base::JsonWriter json(text);
    json.begin_object();
    for (const Label label : series.labels) json.field(label.key, label.value);
    json.end_object();
    text += ",\"values\":[";
    for (const query::NumberPoint& point : series.numbers) {
      std::array<char, 4 * base::kMaxNumberBytes> piece;
      char* at = base::put_text(piece.data(), &point == series.numbers.data() ? "[" : ",[");
      at = base::put_number(at, point.time_ms / 1000);
      at = base::put_text(at, ",\"");
      at = base::put_text(base::put_number(at, point.value), "\"]");
      text.append(piece.data(), at);
    }
    text += "]}";
  }
  text += "]}}";
  return text;
}

/// Runs a query and tells what it took. CPU time: other work on the machine counts less.
void answer(const query::Engine& engine, const series::SeriesReader& store,
            const base::JsonValue::Object& request) {
  const auto number = [&](std::string_view name) {
    return static_cast<std::int64_t>(*base::find_as<double>(request, name));
  };
  const std::string& text = *base::find_as<std::string>(request, "query");
  query::QueryResult result;
  std::string json;
  const double run_ns =
      cpu_ns_of([&] { result = engine.run(store, {text, number("start"), number("end"), number("step")}); });
  const double json_ns = cpu_ns_of([&] { json = json_of(result); });
  if (const auto* path = base::find_as<std::string>(request, "answer")) std::ofstream(*path) << json;
  std::cout << "{\"run_ms\":" << run_ns / 1e6 << ",\"json_ms\":" << json_ns / 1e6
            << ",\"json_bytes\":" << json.size() << ",\"peak_bytes\":" << result.peak_bytes << "}\n"
            << std::flush;
}

void serve(const std::string& folder, const Shape& shape) {
  history::Store seconds(roomy());
  history::Store quarters(roomy());
  fill_seconds(seconds, shape);
  fill_quarters(quarters, shape);
  constexpr std::int64_t kHour = 3'600'000;
  Shape long_shape = shape;
  long_shape.begin_ms = (shape.begin_ms / kHour + 1) * kHour;
  long_shape.span_ms = shape.month_ms;
  history::Store month({.directory = {.path = folder + "/month", .sync = history::Sync::off}});
  fill_month(month, long_shape);
  const query::ClassicView classic(seconds);
  Export peers(folder);
  for (const char* name : {"x_bucket", "g"}) peers.write(classic, name);
  peers.write(quarters, "m");
  peers.finish();
  std::cout << "{\"end\":" << shape.end_ms() << ",\"month_begin\":" << long_shape.begin_ms
            << ",\"month_end\":" << long_shape.end_ms() << "}\n"
            << std::flush;
  const query::Engine engine;
  for (std::string line; std::getline(std::cin, line);) {
    const auto parsed = base::read_json(line);
    const auto& request = std::get<base::JsonValue::Object>(std::get<base::JsonValue>(parsed).held);
    const std::string& text = *base::find_as<std::string>(request, "query");
    const series::SeriesReader* asked = &classic;
    if (text.find("m)") != std::string::npos) asked = &quarters;
    if (text.find("month") != std::string::npos) asked = &month;
    answer(engine, *asked, request);
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::bench

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw std::runtime_error("usage: query_subject FOLDER [--smoke]");
    kymo::bench::Shape shape;
    if (argc > 2 && std::string_view(argv[2]) == "--smoke") {
      shape.span_ms = 600'000;
      shape.many = 100;
      shape.month_ms = std::int64_t{10} * 3'600'000;
    }
    constexpr std::int64_t kMinute = 60'000;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    shape.begin_ms = (std::chrono::floor<std::chrono::milliseconds>(now).count() / kMinute + 2) * kMinute;
    kymo::bench::serve(argv[1], shape);
  } catch (const std::exception& error) {
    std::cerr << "query_subject: " << error.what() << '\n';
    return 1;
  }
}
