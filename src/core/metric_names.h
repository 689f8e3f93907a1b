#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/descriptor.h>

namespace kymo::KYMO_ABI {

class FamilyCore;

/// The metrics of a registry by the name each was registered under, and the sample names that each takes in
/// the text formats. No two metrics share a name of either sort. Threads: one at a time.
class MetricNames final {
 public:
  struct Metric {
    std::shared_ptr<const Descriptor> descriptor;
    std::shared_ptr<FamilyCore> family;  ///< null: callbacks alone give the values
    std::set<std::string> observed;      ///< the label sets whose values callbacks give
    std::vector<std::string> samples;    ///< the sample names that it takes
  };

  /// Null where there is none.
  [[nodiscard]] Metric* find(std::string_view name);

  /// Adds a metric whose name find() does not know. Null where a sample name is taken: `error` says by which
  /// metric. Where memory runs out nothing has changed.
  Metric* add(const std::shared_ptr<const Descriptor>& descriptor, std::string& error);

  /// Gives the metric another kind, unit or help. The message says which sample name is taken; nothing has
  /// changed then.
  [[nodiscard]] std::optional<std::string> change(Metric& metric,
                                                  std::shared_ptr<const Descriptor> descriptor);

  void remove(const Metric& metric) noexcept;

 private:
  using Samples = std::map<std::string, const Metric*, std::less<>>;

  [[nodiscard]] std::optional<std::string> clash(const Metric& metric, const Descriptor& descriptor,
                                                 const std::vector<std::string>& names) const;
  void release(const Metric& metric, const Samples& kept) noexcept;

  std::map<std::string, Metric, std::less<>> metrics_;
  Samples samples_;
};

/// Says that a metric of that name is there already, as another kind or as the same.
[[nodiscard]] std::string taken_message(const Descriptor& taken, Kind wanted);

}  // namespace kymo::KYMO_ABI
