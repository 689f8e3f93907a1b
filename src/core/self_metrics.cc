#include "self_metrics.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <string_view>

#include <kymo/base/assert.h>
#include <kymo/core/snapshot_memory.h>

#include "cell_store.h"
#include "process.h"

namespace kymo::KYMO_ABI {
namespace {

double number(const std::atomic<std::uint64_t>& count) {
  return static_cast<double>(count.load(std::memory_order_relaxed));
}

void write_refusals(SnapshotWriter& writer) {
  FamilyWriter family =
      writer.counter({.name = "kymo_recordings_refused_total",
                      .help = "Values that an instrument refused, by reason; process-wide."});
  const auto add = [&](std::string_view reason, cells::Refusal refusal) {
    family.add({{"reason", reason}}, static_cast<double>(cells::refused(refusal)));
  };
  add("not_a_number", cells::Refusal::not_a_number);
  add("infinite", cells::Refusal::infinite);
  add("negative", cells::Refusal::negative);
  add("out_of_memory", cells::Refusal::out_of_memory);
}

void write_exemplar_drops(const ExemplarDrops& drops, SnapshotWriter& writer) {
  FamilyWriter family = writer.counter({.name = "kymo_exemplars_dropped_total",
                                        .help = "Exemplars dropped, by reason: invalid or missing labels, "
                                                "more than 128 characters of labels, or a busy slot."});
  constexpr std::array<std::string_view, kExemplarDrops> kReasons = {"labels", "length", "busy"};
  for (std::size_t i = 0; i < kReasons.size(); ++i) family.add({{"reason", kReasons[i]}}, number(drops[i]));
}

void write_memory(SnapshotWriter& writer) {
  const cells::Usage usage = cells::usage();
  writer.gauge({.name = "kymo_cells", .help = "Cells in use by series; process-wide."})
      .add(static_cast<double>(usage.cells));
  writer
      .gauge({.name = "kymo_recording_threads_max",
              .help = "Most threads that ever recorded at once, and so the number of tables of cells."})
      .add(static_cast<double>(usage.slabs));
  writer
      .counter({.name = "kymo_cells_refused_total",
                .help = "Failed allocations of a thread's own cells. Its counts go to shared cells, which "
                        "are exact but slower; process-wide."})
      .add(static_cast<double>(usage.refused));
}

void write_callbacks(const SelfState::Callbacks& callbacks, SnapshotWriter& writer) {
  writer
      .gauge({.name = "kymo_callbacks_hanging",
              .help = "Callbacks that were late for a Snapshot and have not returned since."})
      .add(static_cast<double>(callbacks.hanging.size()));
  FamilyWriter hanging = writer.gauge({.name = "kymo_callback_hanging_seconds",
                                       .help = "Time since the call of a callback that has not returned.",
                                       .unit = "seconds"});
  // Several may share a name: the longest hang counts.
  std::map<std::string_view, double> longest;
  for (const HangingCallback& one : callbacks.hanging) {
    double& seconds = longest[one.name];
    seconds = std::max(seconds, std::chrono::duration<double>(one.time).count());
  }
  for (const auto& [name, seconds] : longest) hanging.add({{"callback", name}}, seconds);
  FamilyWriter late = writer.counter(
      {.name = "kymo_callbacks_late_total",
       .help = "Times that a Snapshot lacked a callback because it, or an earlier one, was late."});
  for (const auto& [name, times] : callbacks.late) {
    late.add({{"callback", name}}, static_cast<double>(times));
  }
  writer
      .counter({.name = "kymo_callbacks_unguarded_total",
                .help = "Snapshots whose callbacks ran without a deadline, because no thread could be made."})
      .add(static_cast<double>(callbacks.unguarded));
}

}  // namespace

void write_self_metrics(const SelfState& state, SnapshotWriter& writer) {
  const FamilyShared& shared = state.shared;
  writer.gauge({.name = "kymo_series", .help = "Live series of this registry, without overflow series."})
      .add(static_cast<double>(shared.series.load(std::memory_order_relaxed)));
  const auto count = [&writer](std::string_view name, std::string_view help, double value) {
    writer.counter({.name = name, .help = help}).add(value);
  };
  count("kymo_series_overflowed_total",
        "Look-ups of a new series that got the overflow series of a family at its limit.",
        number(shared.overflowed));
  count("kymo_series_expired_total",
        "Series removed because nothing was recorded for their family's expiry time.",
        number(shared.expired));
  count("kymo_label_values_altered_total", "Label values that were cut, or made valid UTF-8.",
        number(shared.altered_values));
  count("kymo_registration_errors_total", "Registrations and look-ups refused for a bad name, key or clash.",
        number(shared.errors));
  count("kymo_recordings_unregistered_total",
        "Values recorded by name and lost because the name was refused.", number(shared.unregistered));
  count("kymo_count_wraps_total",
        "Counters that passed 2^64 and began again at 0, and up-down counters that passed 2^63.",
        number(shared.counter_wraps));
  count("kymo_producer_errors_total",
        "Producers and callbacks that threw, and their skipped families and series.",
        static_cast<double>(state.producer_errors));
  count("kymo_assertion_failures_total",
        "Faults of kymo that this copy of kymo found; the log names each one. Please report them.",
        static_cast<double>(base::assertion_failures()));
  writer
      .gauge({.name = "kymo_copies_apart",
              .help = "1 if copies of kymo in this process cannot find each other without /proc/self/maps or "
                      "memfd_create(2). Each copy then has its own metrics."})
      .add(copy_is_apart() ? 1 : 0);
  writer
      .gauge({.name = "kymo_snapshot_memory_bytes",
              .help = "Memory of past Snapshots that is kept for the next; process-wide.",
              .unit = "bytes"})
      .add(static_cast<double>(kept_snapshot_bytes()));
  write_refusals(writer);
  write_exemplar_drops(shared.dropped_exemplars, writer);
  write_memory(writer);
  if (state.callbacks) write_callbacks(*state.callbacks, writer);
}

}  // namespace kymo::KYMO_ABI
