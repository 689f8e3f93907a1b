// Snapshots with any help, label values and numbers, in every format: texts keep one line a sample and stay
// valid UTF-8, JSON is read by another parser and has every series with a value once.

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/utf8.h>
#include <kymo/core/snapshot_builder.h>
#include <kymo/format/json.h>
#include <kymo/format/openmetrics.h>
#include <kymo/format/prometheus_text.h>
#include <kymo/format/server_json.h>
#include <kymo/format/summary.h>
#include <kymo/format/system_json.h>

namespace {

using kymo::FamilyColumns;
using kymo::FamilySnapshot;
using kymo::Kind;
using kymo::Snapshot;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Takes pieces off the input; zeros and nothing once it has ended.
class Input final {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] bool ended() const noexcept { return rest_.empty(); }
  std::string_view bytes(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view text() { return bytes(byte()); }
  std::uint8_t byte() { return number<std::uint8_t>(); }
  template <class T>
  T number() {
    T value{};
    const std::string_view taken = bytes(sizeof value);
    if (!taken.empty()) std::memcpy(&value, taken.data(), taken.size());
    return value;
  }

 private:
  std::string_view rest_;
};

kymo::HistogramValue any_histogram(Input& input) {
  kymo::HistogramValue histogram;
  std::int32_t index = kymo::HistogramValue::kMinExponent * 64;
  for (int buckets = input.byte() % 8; buckets > 0; --buckets) {
    index += 1 + input.number<std::uint16_t>() % 512;
    histogram.add_bucket(index, input.number<std::uint32_t>());
  }
  histogram.add_zeros(input.byte());
  histogram.set_sum(input.number<double>());
  histogram.set_extremes(input.number<double>(), input.number<double>());
  return histogram;
}

kymo::WindowValue any_window(Input& input) {
  kymo::WindowValue window{input.byte(), input.number<double>(), {}};
  for (int values = input.byte() % 8; values > 0; --values) window.sorted.push_back(input.number<double>());
  // A Window takes no NaN.
  std::erase_if(window.sorted, [](double value) { return std::isnan(value); });
  std::ranges::sort(window.sorted);
  return window;
}

std::vector<kymo::Exemplar> any_exemplars(Input& input) {
  std::vector<kymo::Exemplar> exemplars(input.byte() % 3);
  for (kymo::Exemplar& exemplar : exemplars) {
    const kymo::Label label{"trace_id", input.text()};
    kymo::render_labels(kymo::Labels(&label, 1), 1024, exemplar.labels);
    exemplar.value = input.number<double>();
    exemplar.time = kymo::Snapshot().time + std::chrono::milliseconds(input.number<std::int32_t>());
  }
  return exemplars;
}

void add_values(Input& input, FamilyColumns& columns, std::size_t series) {
  for (std::size_t i = 0; i < series; ++i) {
    switch (columns.descriptor->kind) {
      case Kind::histogram: columns.histograms.push_back(any_histogram(input)); break;
      case Kind::window: columns.windows.push_back(any_window(input)); break;
      default: columns.numbers.push_back(input.number<std::uint64_t>());
    }
    columns.exemplars.push_back(any_exemplars(input));
  }
}

/// The builder makes the series and refuses what a registry would; the values come from the input.
FamilySnapshot any_family(Input& input, std::size_t number) {
  constexpr std::string_view kNames[] = {"events.processed", "errors.x", "cache.hits",
                                         "kymo_system_cpu_core_ratio", "q"};
  const std::string name = std::string(kNames[input.byte() % std::size(kNames)]) + std::to_string(number);
  const auto kind = static_cast<Kind>(input.byte() % 5);
  kymo::SnapshotBuilder builder;
  auto writer = builder.gauge({"series", "Made for its labels."});
  for (int series = input.byte() % 4; series >= 0; --series) {
    writer.add({{"cpu", input.text()}, {"b", input.text()}}, 0);
  }
  const auto families = builder.take_families();
  FamilyColumns columns;
  columns.descriptor = std::make_shared<const kymo::Descriptor>(kymo::Descriptor{
      kind, name, std::string(input.text()), "seconds", "f" + std::to_string(number) + "_seconds"});
  columns.series = families.front().columns().series;
  columns.number_type = static_cast<FamilyColumns::NumberType>(input.byte() % 3);
  if (kind == Kind::histogram)
    columns.text_bounds =
        std::make_shared<const std::vector<double>>(std::vector<double>{-1, 0, 0.5, 3, 1024});
  add_values(input, columns, columns.series->size());
  return FamilySnapshot(std::move(columns));
}

Snapshot any_snapshot(Input& input) {
  Snapshot snapshot;
  while (!input.ended() && snapshot.families.size() < 8) {
    snapshot.families.push_back(any_family(input, snapshot.families.size()));
  }
  return snapshot;
}

std::size_t lines_of(const FamilySnapshot& family) {
  const std::size_t header = family.descriptor().help.empty() ? 1 : 2;
  switch (family.descriptor().kind) {
    case Kind::histogram: return header + family.size() * (family.text_bounds().size() + 3);
    case Kind::window: return header + family.size() * 5;
    default: return header + family.size();
  }
}

void require_lines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    require(end != std::string_view::npos && end > 0);
    require(text.starts_with("# ") || text.starts_with("f"));
    for (std::string_view line = text.substr(0, end); !line.empty();) {
      const std::size_t length = kymo::base::utf8_length(line);
      require(length > 0 && line.front() != '\0');
      line.remove_prefix(length);
    }
    text.remove_prefix(end + 1);
  }
}

void check_text(const Snapshot& snapshot) {
  std::string prometheus;
  kymo::format::write_prometheus_text(snapshot, prometheus);
  require_lines(prometheus);
  std::size_t lines = 0;
  for (const FamilySnapshot& family : snapshot.families) lines += lines_of(family);
  require(static_cast<std::size_t>(std::count(prometheus.begin(), prometheus.end(), '\n')) == lines);

  std::string openmetrics;
  kymo::format::write_openmetrics(snapshot, openmetrics);
  require_lines(openmetrics);
  require(openmetrics == "# EOF\n" || openmetrics.ends_with("\n# EOF\n"));
  require(openmetrics.find("\n# EOF\n") + 7 >= openmetrics.size());
}

/// JSON has no number for NaN and infinities, and what recorded nothing has no entry there.
bool is_in_json(const FamilySnapshot& family, std::size_t index) {
  const kymo::Point point = family.point(index);
  if (point.histogram != nullptr) return point.histogram->count() != 0;
  if (point.window != nullptr) return !point.window->sorted.empty();
  return std::isfinite(kymo::to_double(point.number));
}

void check_json(const Snapshot& snapshot) {
  using Writer = void (*)(const Snapshot&, std::string&, kymo::base::JsonLayout);
  for (const Writer write : {kymo::format::write_summary_json, kymo::format::write_server_json,
                             kymo::format::write_system_json, kymo::format::write_json}) {
    for (const auto layout : {kymo::base::JsonLayout::compact, kymo::base::JsonLayout::indented}) {
      std::string out;
      write(snapshot, out, layout);
      const boost::json::value parsed = boost::json::parse(out);
      if (write != kymo::format::write_json) continue;
      std::size_t series = 0;
      for (const auto& section : parsed.at("metrics").as_object())
        series += section.value().as_object().size();
      std::size_t expected = 0;
      for (const FamilySnapshot& family : snapshot.families) {
        for (std::size_t i = 0; i < family.size(); ++i) expected += is_in_json(family, i) ? 1 : 0;
      }
      require(series == expected);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Snapshot snapshot = any_snapshot(input);
  check_text(snapshot);
  check_json(snapshot);
  return 0;
}
