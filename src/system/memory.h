#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/system/subject.h>

namespace kymo::KYMO_ABI::system {

/// Content of /proc/meminfo, in the order of the file.
struct MemoryFile {
  enum class Unit : std::uint8_t { number, bytes };
  struct Field {
    std::string_view name;  ///< as the kernel spells it, e.g. `Active(anon)`; a view into the parsed text
    Unit unit = Unit::number;
    std::uint64_t value = 0;  ///< bytes, or a plain number
  };
  std::vector<Field> fields;
  std::uint64_t field_count = 0;  ///< including those over the limit

  [[nodiscard]] std::optional<std::uint64_t> find(std::string_view name) const noexcept;
};

/// Parses /proc/meminfo. False when a line is invalid or MemTotal is missing; `memory` holds the valid
/// parts.
[[nodiscard]] bool parse_meminfo(std::string_view text, std::size_t max_fields, MemoryFile& memory);

/// Memory available without swapping, at most the total; nothing when the file lacks it. Kernels before 3.14
/// have no MemAvailable: there free memory plus caches count, as in `free` then.
[[nodiscard]] std::optional<std::uint64_t> available_memory(const MemoryFile& memory) noexcept;

/// node_exporter's name of a field: `node_memory_Active_anon_bytes`.
[[nodiscard]] std::string node_memory_name(std::string_view field, MemoryFile::Unit unit);

/// /proc/meminfo: memory and swap.
class MemorySubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "memory"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  /// A field's family name and help, made once: a kernel lists the same fields in the same order each time.
  struct Family {
    std::string field;
    std::string name;
    std::string help;
    MemoryFile::Unit unit = MemoryFile::Unit::number;
    bool shown = false;
    double value = 0;
  };

  void keep_families(const MemoryFile& memory, NodeMemory choice);

  MemoryFile memory_;  // its views end with the sampling; only the vector's storage stays
  std::vector<Family> families_;
  std::optional<double> total_, available_, swap_total_, swap_free_;
};

}  // namespace kymo::KYMO_ABI::system
