#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::format {

using OwnedLabels = std::vector<std::pair<std::string, std::string>>;

/// Which of the two text formats shows a sample.
enum class ShownIn : std::uint8_t { both, text_only, openmetrics_only };

struct ExpectedExemplar {
  OwnedLabels labels;
  double value = 0;
};

/// A sample as a reader must find it.
struct ExpectedSample {
  std::string name;
  OwnedLabels labels;
  Number value;
  ShownIn shown_in = ShownIn::both;
  std::optional<double> le = {};  ///< a bucket's bound; readers render the label themselves
  bool is_creation_time = false;  ///< the value is not known, only that it is now
  std::optional<ExpectedExemplar> exemplar = {};
};

/// A series as the JSON must show it, under the name that it was registered with.
struct ExpectedJson {
  std::string section;
  std::string name;
  OwnedLabels labels;
  Number value;
};

struct ExpectedFamily {
  std::string name;  ///< as OpenMetrics has it
  std::string type;
  std::string unit;
  std::string help;
  std::vector<ExpectedSample> samples;
  std::vector<ExpectedJson> json;
};

/// A registry full of instruments of every kind, recorded into at random; and what must be read from its
/// expositions, put together from what was recorded and never from a Snapshot. The same seed gives the same.
class RandomExposition final {
 public:
  explicit RandomExposition(std::uint64_t seed);

  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() { return registry_.snapshot(); }
  [[nodiscard]] const std::vector<ExpectedFamily>& expected() const noexcept { return expected_; }

 private:
  struct Text {
    std::string raw;    ///< as recorded, possibly no UTF-8
    std::string clean;  ///< as it must be read
  };
  struct Name {
    std::string registered;
    std::string family;  ///< as OpenMetrics has it
    std::string unit;
    Text help;
  };
  struct SeriesLabels {
    std::vector<std::pair<std::string, std::string>> raw;
    OwnedLabels clean;
  };

  [[nodiscard]] std::uint64_t below(std::uint64_t end);
  [[nodiscard]] bool once_in(std::uint64_t times) { return below(times) == 0; }
  [[nodiscard]] Text any_text(std::size_t max_pieces);
  [[nodiscard]] double any_double();
  [[nodiscard]] std::uint64_t any_count();
  [[nodiscard]] Name any_name(bool is_counter);
  [[nodiscard]] std::vector<SeriesLabels> any_series();
  [[nodiscard]] std::vector<double> any_values(bool negative);

  ExpectedFamily& expect(const Name& name, std::string type);
  void expect_created(ExpectedFamily& family, const Name& name, const OwnedLabels& labels);
  void expect_histogram(ExpectedFamily& family, const Name& name, const OwnedLabels& labels,
                        const std::vector<double>& bounds, const std::vector<double>& values);

  void add_counters();
  void add_counters_with_exemplars();
  void add_double_counters();
  void add_up_down_counters();
  void add_gauges();
  void add_exponential_histograms();
  void add_explicit_histograms();
  void add_windows();
  void add_producer();

  std::mt19937_64 random_;
  Registry registry_;
  std::vector<Registration> registrations_;
  std::vector<ExpectedFamily> expected_;
  std::size_t names_ = 0;
};

}  // namespace kymo::KYMO_ABI::format
