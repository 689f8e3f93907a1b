#include "process_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kymo::watch {
namespace {

using Counts = ProcessCounts::Counts;

double known_or_zero(double value) { return std::isnan(value) ? 0.0 : value; }

double number(std::optional<std::uint64_t> value) {
  return value ? static_cast<double>(*value) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

void ProcessCounts::add(const ProcessReading& reading, Scope scope) {
  Entry entry{.parent = reading.parent, .is_tree = scope != Scope::process};
  if (scope == Scope::waited_for) {
    entry.parent = 0;
  } else {
    entry.own = {reading.cpu_seconds,
                 static_cast<double>(reading.minor_faults),
                 static_cast<double>(reading.major_faults),
                 number(reading.read_bytes),
                 number(reading.written_bytes),
                 number(reading.disk_read_bytes),
                 number(reading.disk_written_bytes)};
  }
  if (entry.is_tree) {
    entry.waited[cpu] = reading.waited_cpu_seconds;
    entry.waited[minor_faults] = static_cast<double>(reading.waited_minor_faults);
    entry.waited[major_faults] = static_cast<double>(reading.waited_major_faults);
  }
  const Key key{reading.pid, reading.start_ticks};
  // One that has ended and waits to be waited for keeps some of its files to itself.
  if (const auto before = last_.find(key); before != last_.end()) {
    for (std::size_t i = 0; i < kCounts; ++i) {
      if (std::isnan(entry.own.at(i))) entry.own.at(i) = before->second.own.at(i);
    }
  }
  now_.insert_or_assign(key, entry);
}

/// The nearest of those above it that is still there: whoever is between them has ended too, and was waited
/// for with all that it had waited for.
std::optional<ProcessCounts::Key> ProcessCounts::who_waited(const Entry& ended) const {
  Pid parent = ended.parent;
  for (std::size_t depth = 0; depth < last_.size(); ++depth) {
    const auto key = last_by_pid_.find(parent);
    if (key == last_by_pid_.end()) return std::nullopt;
    if (now_.contains(key->second)) return key->second;
    parent = last_.at(key->second).parent;
  }
  return std::nullopt;
}

ProcessCounts::Ended ProcessCounts::ended() const {
  Ended result;
  for (const auto& [key, entry] : last_) {
    if (now_.contains(key)) continue;
    const auto parent = who_waited(entry);
    if (!parent) continue;
    Counts& counted = result[*parent];
    for (std::size_t i = 0; i < kCounts; ++i)
      counted.at(i) += known_or_zero(entry.own.at(i)) + entry.waited.at(i);
  }
  return result;
}

void ProcessCounts::add_growth(const Key& key, const Entry& now, const Ended& ended, Counts& grown) const {
  const auto before = last_.find(key);
  const Entry base = before != last_.end() ? before->second : is_first_ ? now : Entry{};
  const auto counted = ended.find(key);
  const Counts less = counted == ended.end() ? Counts{} : counted->second;
  // Each process has faults: where fewer were waited for than had been counted, nobody waited.
  const double waited_faults = now.waited[minor_faults] - base.waited[minor_faults];
  const bool has_waited = less[minor_faults] > 0 && waited_faults >= less[minor_faults];
  for (std::size_t i = 0; i < kCounts; ++i) {
    const double own = known_or_zero(now.own.at(i) - base.own.at(i));
    if (i >= read) {
      grown.at(i) += std::max(own - (has_waited ? less.at(i) : 0), 0.0);
    } else {
      grown.at(i) += std::max(own, 0.0) + std::max(now.waited.at(i) - base.waited.at(i) - less.at(i), 0.0);
    }
  }
}

Counts ProcessCounts::end() {
  Counts grown{};
  std::array<bool, kCounts> is_known{};
  const Ended counted = ended();
  for (const auto& [key, entry] : now_) {
    add_growth(key, entry, counted, grown);
    for (std::size_t i = 0; i < kCounts; ++i) is_known.at(i) = is_known.at(i) || !std::isnan(entry.own.at(i));
  }
  for (std::size_t i = 0; i < kCounts; ++i) {
    if (!is_known.at(i)) grown.at(i) = std::numeric_limits<double>::quiet_NaN();
  }
  last_ = std::exchange(now_, {});
  last_by_pid_.clear();
  for (const auto& [key, entry] : last_) last_by_pid_[key.first] = key;
  is_first_ = false;
  return grown;
}

}  // namespace kymo::watch
