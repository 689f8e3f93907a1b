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

/// The metrics of a registry by registered name, and their sample names in the text formats. No two metrics
/// share a name of either sort. Threads: one at a time.
class MetricNames final {
 public:
  struct Metric {
    std::shared_ptr<const Descriptor> descriptor;
    std::shared_ptr<FamilyCore> family;  ///< null: callbacks alone give the values
    std::set<std::string> observed;      ///< the label sets of callbacks
    std::vector<std::string> samples;    ///< its sample names
  };

  /// Null where there is none.
  [[nodiscard]] Metric* find(std::string_view name);

  /// Adds a metric whose name find() does not know. Null if a sample name is taken: `error` names the owner.
  /// If memory runs out, nothing changes.
  Metric* add(const std::shared_ptr<const Descriptor>& descriptor, std::string& error);

  /// Gives the metric another kind, unit or help. A message names a taken sample name; then nothing has
  /// changed.
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

/// The message that a metric of that name exists already, with another kind or the same.
[[nodiscard]] std::string taken_message(const Descriptor& taken, Kind wanted);

}  // namespace kymo::KYMO_ABI
