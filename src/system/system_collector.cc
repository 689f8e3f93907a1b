#include <kymo/system/system_collector.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <kymo/base/ascii.h>
#include <kymo/base/duration.h>
#include <kymo/system/filesystem.h>
#include <kymo/system/host.h>
#include <kymo/system/process.h>
#include <kymo/system/subject.h>
#include <kymo/system/system_options.h>

#include "cgroup.h"
#include "cpu.h"
#include "disk.h"
#include "host_subject.h"
#include "memory.h"
#include "network.h"
#include "pressure.h"

namespace kymo::KYMO_ABI::system {
namespace {

/// Tries each length of `*` and `#`. Patterns are the user's own and short; names have 15 to 31 bytes.
bool matches(std::string_view pattern, std::string_view name) noexcept {
  if (pattern.empty()) return name.empty();
  const char head = pattern.front();
  const std::string_view rest = pattern.substr(1);
  if (head == '*') {
    for (std::size_t taken = 0; taken <= name.size(); ++taken) {
      if (matches(rest, name.substr(taken))) return true;
    }
    return false;
  }
  if (head == '#') {
    for (std::size_t taken = 0; taken < name.size() && base::is_digit(name[taken]); ++taken) {
      if (matches(rest, name.substr(taken + 1))) return true;
    }
    return false;
  }
  return !name.empty() && (head == '?' || head == name.front()) && matches(rest, name.substr(1));
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view name) noexcept {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches(pattern, name); });
}

SystemOptions bounded(SystemOptions options) {
  for (auto* const interval : {&options.rate_interval, &options.filesystem_interval,
                               &options.memory_map_interval, &options.cgroup_interval}) {
    *interval = base::bounded_wait(*interval);
  }
  return options;
}

}  // namespace

bool NameFilter::takes(std::string_view name) const noexcept {
  return (include.empty() || any_matches(include, name)) && !any_matches(exclude, name);
}

class SystemCollector::Impl final {
 public:
  Impl(SystemOptions options, std::shared_ptr<const base::Clock> clock, std::unique_ptr<Host> host)
      : options_(bounded(std::move(options))), clock_(std::move(clock)), host_(std::move(host)) {
    add_subjects();
    facts_ = {};
    for (Entry& entry : entries_) sample(entry);
  }

  void collect(SnapshotWriter& writer) {
    facts_ = {};
    for (Entry& entry : entries_) {
      const auto before = clock_->steady_now();
      if (sample(entry)) write(entry, writer);
      entry.duration = clock_->steady_now() - before;
    }
    write_own(writer);
  }

 private:
  struct Entry {
    std::unique_ptr<Subject> subject;
    std::uint64_t errors = 0;
    std::uint64_t omitted = 0;
    std::chrono::duration<double> duration{};
  };

  template <class T>
  void add(bool enabled) {
    if (enabled) entries_.push_back({.subject = std::make_unique<T>()});
  }

  /// The order matters: later subjects use results of earlier ones, see HostFacts.
  void add_subjects() {
    add<HostSubject>(true);
    add<CpuSubject>(options_.cpu);
    add<MemorySubject>(options_.memory);
    add<LoadSubject>(options_.load);
    add<PressureSubject>(options_.pressure);
    add<DiskSubject>(options_.disk);
    add<FileSystemSubject>(options_.filesystem);
    add<NetworkSubject>(options_.network);
    add<ProcessSubject>(options_.process);
    add<CgroupSubject>(options_.cgroup);
  }

  /// False when the subject threw (out of memory): it is skipped this time; the others continue.
  bool sample(Entry& entry) {
    Sampling sampling{.host = *host_,
                      .clock = *clock_,
                      .options = options_,
                      .facts = facts_,
                      .text = text_,
                      .now = clock_->steady_now()};
    bool done = true;
    try {
      entry.subject->sample(sampling);
    } catch (const std::exception&) {
      ++sampling.errors;
      done = false;
    }
    entry.errors += sampling.errors;
    entry.omitted = sampling.omitted;
    return done;
  }

  static void write(Entry& entry, SnapshotWriter& writer) {
    try {
      entry.subject->write(writer);
    } catch (const std::exception&) {
      ++entry.errors;
    }
  }

  void write_own(SnapshotWriter& writer) const {
    const auto family = [&](FamilyWriter out, auto value) {
      for (const Entry& entry : entries_) out.add({{"collector", entry.subject->name()}}, value(entry));
    };
    family(writer.gauge({"kymo_collector_duration_seconds", "Duration of the last reading.", "seconds"}),
           [](const Entry& entry) { return entry.duration.count(); });
    family(writer.counter(
               {"kymo_collector_errors_total", "Files that were missing, unreadable or malformed.", {}}),
           [](const Entry& entry) { return static_cast<double>(entry.errors); });
    family(
        writer.gauge(
            {"kymo_collector_omitted_items", "Items omitted from the last reading because of a limit.", {}}),
        [](const Entry& entry) { return static_cast<double>(entry.omitted); });
  }

  SystemOptions options_;
  std::shared_ptr<const base::Clock> clock_;
  std::unique_ptr<Host> host_;
  std::vector<Entry> entries_;
  HostFacts facts_;
  std::string text_;
};

SystemCollector::SystemCollector(const SystemOptions& options, std::shared_ptr<const base::Clock> clock)
    : SystemCollector(options, std::move(clock), make_linux_host(options)) {}

SystemCollector::SystemCollector(SystemOptions options, std::shared_ptr<const base::Clock> clock,
                                 std::unique_ptr<Host> host)
    : impl_(std::make_unique<Impl>(
          std::move(options), clock != nullptr ? std::move(clock) : std::make_shared<const base::RealClock>(),
          std::move(host))) {}

SystemCollector::~SystemCollector() = default;
SystemCollector::SystemCollector(SystemCollector&&) noexcept = default;
SystemCollector& SystemCollector::operator=(SystemCollector&&) noexcept = default;

void SystemCollector::collect(SnapshotWriter& writer) { impl_->collect(writer); }

}  // namespace kymo::KYMO_ABI::system
