#include <kymo/packs/udp.h>

#include <algorithm>

namespace kymo::KYMO_ABI::packs {
namespace {

double share_missing(const Counter& received, const Counter& duplicates, const Counter& strays,
                     const UpDownCounter& dropped) {
  // The counters are read one after the other while packets arrive, so a difference may be negative.
  const auto missing = static_cast<double>(std::max<std::int64_t>(dropped.value(), 0));
  // All since the start: missing packets are a level, which resets leave alone.
  const auto count = [](const Counter& counter) { return static_cast<double>(counter.value_since_start()); };
  const double came = std::max(count(received) - count(duplicates) - count(strays), 0.0);
  return missing > 0 ? missing / (missing + came) : 0.0;
}

}  // namespace

UdpMetrics::UdpMetrics(Registry& registry)
    : received(registry.counter("udp.packet.received", "UDP packets received.")),
      dropped(registry.up_down_counter("udp.packet.dropped",
                                       "UDP packets missing now; a late arrival lowers the count.")),
      reordered(registry.counter("udp.packet.reordered",
                                 "UDP packets that arrived after a higher sequence number.")),
      late(registry.counter("udp.packet.late", "UDP packets that arrived too late to be useful.")),
      duplicates(registry.counter("udp.packet.duplicate", "Duplicate UDP packets.")),
      strays(registry.counter("udp.packet.stray",
                              "UDP packets whose sequence number is far from all others of their stream.")),
      gaps(registry.counter("udp.sequence.gap", "Gaps in UDP sequence numbers, also those filled later.")),
      current_sequence(
          registry.gauge("udp.current_sequence", "Highest sequence number of the last active UDP stream.")),
      restarts(registry.counter("udp.stream.restarts", "Restarts of a UDP sender's sequence.")),
      loss_rate_(registry.observe_gauge(
          "udp.packet.loss_rate", "Share of the expected UDP packets that are missing.",
          [came = received, again = duplicates, alien = strays, missing = dropped] {
            return share_missing(came, again, alien, missing);
          },
          {.unit = "ratio", .has_deadline = false})) {}

void UdpMetrics::record(const SequenceChange& change, std::uint32_t current) noexcept {
  received.add();
  if (change.dropped != 0) dropped.add(change.dropped);
  if (change != SequenceChange{}) {
    reordered.add(change.reordered);
    late.add(change.late);
    duplicates.add(change.duplicates);
    strays.add(change.strays);
    gaps.add(change.gaps);
    restarts.add(change.restarts);
  }
  current_sequence.set(current);
}

double UdpMetrics::loss_rate() const noexcept { return share_missing(received, duplicates, strays, dropped); }

}  // namespace kymo::KYMO_ABI::packs
