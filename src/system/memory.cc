#include "memory.h"

#include <algorithm>

#include <kymo/base/ascii.h>
#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

constexpr std::uint64_t kMaxKilobytes = UINT64_MAX / 1024;

bool is_field_name(std::string_view name) noexcept {
  constexpr std::size_t kMaxBytes = 64;
  const auto plain = [](char c) { return base::is_alphanumeric(c) || c == '_' || c == '(' || c == ')'; };
  return !name.empty() && name.size() <= kMaxBytes && std::ranges::all_of(name, plain);
}

bool parse_field(std::string_view line, MemoryFile::Field& field) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  field.name = line.substr(0, colon);
  Words words(line.substr(colon + 1));
  std::string_view unit;
  if (!is_field_name(field.name) || !words.whole(field.value)) return false;
  if (!words.next(unit)) return !is_below_zero(field.value);
  field.unit = MemoryFile::Unit::bytes;
  if (unit != "kB" || field.value > kMaxKilobytes) return false;
  field.value *= 1024;
  return true;
}

/// promtool's style check refuses a capital right after a small letter.
bool has_camel_case(std::string_view name) noexcept {
  const auto hump = [](char a, char b) { return base::is_lower(a) && base::is_upper(b); };
  return std::ranges::adjacent_find(name, hump) != name.end();
}

}  // namespace

std::optional<std::uint64_t> MemoryFile::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(fields, name, &Field::name);
  if (found == fields.end()) return std::nullopt;
  return found->value;
}

bool parse_meminfo(std::string_view text, std::size_t max_fields, MemoryFile& memory) {
  memory.fields.clear();
  memory.field_count = 0;
  bool understood = true;
  Lines lines(text);
  std::string_view line;
  while (lines.next(line)) {
    MemoryFile::Field field;
    if (!parse_field(line, field) || memory.find(field.name)) {
      understood = false;
      continue;
    }
    ++memory.field_count;
    if (memory.fields.size() < max_fields) memory.fields.push_back(field);
  }
  return understood && memory.find("MemTotal") && !lines.cut_off();
}

std::optional<std::uint64_t> available_memory(const MemoryFile& memory) noexcept {
  const std::optional<std::uint64_t> total = memory.find("MemTotal");
  if (!total) return std::nullopt;
  if (const auto available = memory.find("MemAvailable")) return std::min(*available, *total);
  const std::optional<std::uint64_t> free = memory.find("MemFree");
  if (!free) return std::nullopt;
  const std::uint64_t cache = memory.find("Buffers").value_or(0) + memory.find("Cached").value_or(0);
  return std::min(*free + cache, *total);
}

std::string node_memory_name(std::string_view field, MemoryFile::Unit unit) {
  std::string name = "node_memory_";
  for (const char c : field) {
    if (c == '(') name += '_';
    if (c != '(' && c != ')') name += c;
  }
  if (unit == MemoryFile::Unit::bytes) name += "_bytes";
  return name;
}

void MemorySubject::sample(Sampling& sampling) {
  total_ = available_ = swap_total_ = swap_free_ = std::nullopt;
  for (Family& family : families_) family.shown = false;
  if (!sampling.read_required("/proc/meminfo")) return;
  sampling.check(parse_meminfo(sampling.text, sampling.options.max_memory_fields, memory_));
  sampling.omitted += memory_.field_count - memory_.fields.size();
  sampling.facts.memory_total_bytes = memory_.find("MemTotal");
  total_ = as_double(memory_.find("MemTotal"));
  available_ = as_double(available_memory(memory_));
  swap_total_ = as_double(memory_.find("SwapTotal"));
  swap_free_ = as_double(memory_.find("SwapFree"));
  keep_families(memory_, sampling.options.node_memory);
  memory_.fields.clear();
}

void MemorySubject::keep_families(const MemoryFile& memory, NodeMemory choice) {
  if (choice == NodeMemory::none) return;
  families_.resize(memory.fields.size());
  for (std::size_t i = 0; i < memory.fields.size(); ++i) {
    const MemoryFile::Field& field = memory.fields[i];
    Family& family = families_[i];
    if (family.field != field.name || family.unit != field.unit) {
      family = {.field = std::string(field.name),
                .name = node_memory_name(field.name, field.unit),
                .help = "Memory information field " + std::string(field.name) + ".",
                .unit = field.unit};
    }
    family.shown = choice == NodeMemory::all || !has_camel_case(family.name);
    family.value = static_cast<double>(field.value);
  }
}

void MemorySubject::write(SnapshotWriter& writer) const {
  const auto bytes = [&](std::string_view name, std::string_view help, std::optional<double> value) {
    if (value) writer.gauge({.name = name, .help = help, .unit = "bytes"}).add(*value);
  };
  bytes("kymo_system_memory_total_bytes", "Memory of the host.", total_);
  bytes("kymo_system_memory_available_bytes", "Memory available without swapping.", available_);
  if (total_ && available_) {
    bytes("kymo_system_memory_used_bytes", "Memory that is not available.", *total_ - *available_);
  }
  if (total_ && available_ && *total_ > 0) {
    writer
        .gauge({.name = "kymo_system_memory_used_ratio", .help = "Share of memory in use.", .unit = "ratio"})
        .add((*total_ - *available_) / *total_);
  }
  bytes("kymo_system_swap_total_bytes", "Swap space.", swap_total_);
  if (swap_total_ && swap_free_ && *swap_free_ <= *swap_total_) {
    bytes("kymo_system_swap_used_bytes", "Swap space in use.", *swap_total_ - *swap_free_);
  }
  for (const Family& family : families_) {
    if (!family.shown) continue;
    const std::string_view unit = family.unit == MemoryFile::Unit::bytes ? "bytes" : "";
    writer.gauge({.name = family.name, .help = family.help, .unit = unit}).add(family.value);
  }
}

}  // namespace kymo::KYMO_ABI::system
