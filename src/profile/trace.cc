#include <kymo/profile/trace.h>

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <kymo/base/json_writer.h>

#include "log_reader.h"
#include "profiler.h"
#include "site_table.h"

namespace kymo::KYMO_ABI::profile {
namespace {

/// Both clocks at one moment, so readings of either fit on one axis.
struct Axis {
  std::uint64_t ticks;
  std::uint64_t steady;
  std::uint64_t scale;
  std::uint64_t origin;

  /// Time since the origin; negative if the counter's rate was measured anew since.
  [[nodiscard]] std::int64_t place(std::uint64_t reading, bool in_ticks) const noexcept {
    const std::uint64_t ago = in_ticks ? nanoseconds_between(reading, ticks, scale) : steady - reading;
    return static_cast<std::int64_t>(steady - origin) - static_cast<std::int64_t>(ago);
  }
};

Axis read_axis() noexcept {
  const std::uint64_t scale = clock_scale();
  if (scale != 0) the_profiler.last_scale = scale;
  // A scale of 0 means nanoseconds; no scope used the counter then.
  return {.ticks = ticks::now(),
          .steady = read_steady_clock(),
          .scale = std::max<std::uint64_t>(the_profiler.last_scale, 1),
          .origin = the_profiler.started_steady};
}

TraceEvent event_of(const ReadEvent& event, const ThreadLog& log, const Axis& axis) {
  const bool in_ticks = (event.what & kEventInTicks) != 0;
  const std::int64_t begin = axis.place(event.begin, in_ticks);
  const std::int64_t end = axis.place(event.end, in_ticks);
  const auto node = static_cast<NodeIndex>(event.what);
  return {.name = std::string(name_of_site(log.nodes[node].site)),
          .begin = std::chrono::nanoseconds(begin),
          .duration = std::chrono::nanoseconds(std::max<std::int64_t>(end - begin, 0)),
          .failed = (event.what & kEventFailed) != 0};
}

void write_metadata(std::string_view kind, std::string_view name, std::int64_t process,
                    std::optional<std::int64_t> thread, base::JsonWriter& json) {
  json.begin_object();
  json.field("ph", std::string_view("M"));
  json.field("name", kind);
  json.field("pid", process);
  if (thread) json.field("tid", *thread);
  json.begin_object("args");
  json.field("name", name);
  json.end_object();
  json.end_object();
}

double to_microseconds(std::chrono::nanoseconds time) noexcept {
  return static_cast<double>(time.count()) / 1000;
}

void write_event(const TraceEvent& event, std::int64_t process, std::int64_t thread, base::JsonWriter& json) {
  json.begin_object();
  json.field("ph", std::string_view("X"));
  json.field("name", std::string_view(event.name));
  json.field("cat", std::string_view("kymo"));
  json.field("pid", process);
  json.field("tid", thread);
  json.field("ts", to_microseconds(event.begin));
  json.field("dur", to_microseconds(event.duration));
  if (event.failed) {
    json.begin_object("args");
    json.field("error", true);
    json.end_object();
  }
  json.end_object();
}

}  // namespace

Trace trace() {
  const std::lock_guard lock(the_profiler.readers);
  ticks::calibrate();
  const Axis axis = read_axis();
  Trace trace{.process = ::getpid(), .program = ::program_invocation_short_name};
  for (const ThreadLog* log = the_profiler.logs.load(kAcquire); log != nullptr; log = log->next) {
    const ReadEvents read = read_events(*log);
    trace.dropped_events += read.dropped;
    if (read.events.empty()) continue;
    ThreadTrace thread{.id = log->thread_id.load(kRelaxed), .name = thread_name(*log), .events = {}};
    for (const ReadEvent& event : read.events) thread.events.push_back(event_of(event, *log, axis));
    trace.threads.push_back(std::move(thread));
  }
  return trace;
}

std::string to_chrome_json(const Trace& trace) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("displayTimeUnit", std::string_view("ns"));
  json.begin_object("otherData");
  json.field("dropped_events", trace.dropped_events);
  json.end_object();
  json.begin_array("traceEvents");
  write_metadata("process_name", trace.program, trace.process, std::nullopt, json);
  for (const ThreadTrace& thread : trace.threads) {
    write_metadata("thread_name", thread.name, trace.process, thread.id, json);
    for (const TraceEvent& event : thread.events) write_event(event, trace.process, thread.id, json);
  }
  json.end_array();
  json.end_object();
  return out += '\n';
}

}  // namespace kymo::KYMO_ABI::profile
