#include <kymo/watch/process_counts.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kymo::KYMO_ABI::watch {
namespace {

using Counts = ProcessCounts::Counts;

double known_or_zero(double value) { return std::isnan(value) ? 0.0 : value; }

}  // namespace

void ProcessCounts::add(const ProcessReading& reading, Scope scope) {
  Entry entry{.parent = reading.parent, .is_tree = scope != Scope::process};
  if (scope == Scope::waited_for) {
    entry.parent = 0;
    entry.is_foster = true;
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
  // A zombie hides some of its files.
  if (const auto before = last_.find(key); before != last_.end()) {
    for (std::size_t i = 0; i < kCounts; ++i) {
      if (std::isnan(entry.own.at(i))) entry.own.at(i) = before->second.own.at(i);
    }
  }
  now_.insert_or_assign(key, entry);
}

/// The nearest living ancestor: any process in between has ended too, and its counts went up with it.
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

ProcessCounts::Entry ProcessCounts::base_of(const Key& key, const Entry& now) const {
  const auto before = last_.find(key);
  return before != last_.end() ? before->second : is_first_ ? now : Entry{};
}

Counts ProcessCounts::newly_waited(const Key& key, const Entry& now, const Ended& ended) const {
  const Entry base = base_of(key, now);
  const auto counted = ended.find(key);
  Counts waited{};
  for (std::size_t i = 0; i < read; ++i)
    waited.at(i) =
        now.waited.at(i) - base.waited.at(i) - (counted == ended.end() ? 0 : counted->second.at(i));
  return waited;
}

void ProcessCounts::add_own(const Key& key, const Entry& now, const Ended& ended, Counts& grown) const {
  const Entry base = base_of(key, now);
  const auto counted = ended.find(key);
  // Every process has page faults. If fewer were waited for than counted, nobody waited.
  const bool has_waited = counted != ended.end() && newly_waited(key, now, ended)[minor_faults] >= 0;
  for (std::size_t i = 0; i < kCounts; ++i) {
    const double own = known_or_zero(now.own.at(i) - base.own.at(i));
    grown.at(i) += std::max(own - (i >= read && has_waited ? counted->second.at(i) : 0), 0.0);
  }
}

Counts ProcessCounts::end() {
  Counts grown{};
  std::array<bool, kCounts> is_known{};
  const Ended counted = ended();
  Counts by_foster{};
  for (const auto& [key, entry] : now_) {
    add_own(key, entry, counted, grown);
    const Counts waited = newly_waited(key, entry, counted);
    for (std::size_t i = 0; i < kCounts; ++i) {
      is_known.at(i) = is_known.at(i) || !std::isnan(entry.own.at(i));
      // If the nearest ancestor did not wait for it, it was an orphan, and the foster waited.
      by_foster.at(i) += entry.is_foster ? waited.at(i) : std::min(waited.at(i), 0.0);
      if (!entry.is_foster) grown.at(i) += std::max(waited.at(i), 0.0);
    }
  }
  for (std::size_t i = 0; i < kCounts; ++i) {
    grown.at(i) += std::max(by_foster.at(i), 0.0);
    if (!is_known.at(i)) grown.at(i) = std::numeric_limits<double>::quiet_NaN();
  }
  last_ = std::exchange(now_, {});
  last_by_pid_.clear();
  for (const auto& [key, entry] : last_) last_by_pid_[key.first] = key;
  is_first_ = false;
  return grown;
}

}  // namespace kymo::KYMO_ABI::watch
