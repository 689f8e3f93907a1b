#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core/histogram_value.h>
#include <kymo/core/registry.h>
#include <kymo/core/timing.h>
#include <kymo/live/outputs.h>
#include <kymo/live/standard_routes.h>

#include "part.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

class ScrapeTimes final {
 public:
  ScrapeTimes() {
    for (const live::Output& output : live::outputs()) {
      durations_.push_back(timings_.timing("scrape_" + std::string(output.name),
                                           "Holds durations of scrapes.", {.recent = 0}));
    }
  }

  void record(const live::Output& output, std::chrono::nanoseconds duration) noexcept {
    durations_[static_cast<std::size_t>(&output - live::outputs().data())].record(duration);
  }

  void write(SnapshotWriter& writer) const {
    FamilyWriter scrapes = writer.histogram(
        {"kymo_scrape_duration_seconds", "Time to make the response to a scrape.", "seconds"});
    for (std::size_t i = 0; i < durations_.size(); ++i) {
      const Label format{"format", live::outputs()[i].name};
      scrapes.add(Labels(&format, 1), durations_[i].value());
    }
  }

 private:
  Registry timings_;               // holds the instruments below; not exported as a whole
  std::vector<Timing> durations_;  // by index in live::outputs()
};

}  // namespace

Part make_scrape_part(const PartContext& context, const live::SystemHistory& history,
                      const std::shared_ptr<live::ScrapeMemory>& memory,
                      std::function<std::string()> why_not_ready, const std::vector<live::Route>& others) {
  const auto times = std::make_shared<ScrapeTimes>();
  const PeerOptions& peers = context.options.peers;
  const live::SummaryParts summary{
      .peers = peers.table,
      .ids = peers.anonymous ? live::PeerIds::anonymous : live::PeerIds::own,
      .history = &history,
  };
  const auto on_output = [times](const live::Output& output, std::chrono::nanoseconds duration) {
    times->record(output, duration);
  };
  return {.name = "scrapes",
          .routes = live::make_standard_routes(context.snapshots, std::move(why_not_ready), others, summary,
                                               memory, on_output),
          .write = [times, memory](SnapshotWriter& writer) {
            times->write(writer);
            writer
                .gauge({"kymo_scrape_memory_bytes", "Memory that is kept for the text of the next scrape.",
                        "bytes"})
                .add(static_cast<double>(memory->blocks()->kept_bytes()));
            writer
                .counter({"kymo_scrape_blocks_freed_total",
                          "Blocks of text not kept for the next scrape because enough were kept already."})
                .add(static_cast<double>(memory->blocks()->not_kept()));
          }};
}

}  // namespace kymo::KYMO_ABI::monitor
