#pragma once

#include <cstdint>

#include <kymo/core/counter.h>
#include <kymo/core/gauge.h>
#include <kymo/core/registry.h>
#include <kymo/packs/sequence_tracker.h>

namespace kymo::KYMO_ABI::packs {

/// Packets received and lost over UDP, by the packets' sequence numbers.
///
///     kymo::packs::UdpMetrics udp(registry);
///     kymo::packs::UdpMetrics::Stream stream(udp);  // one for each sender
///     stream.receive(packet.sequence);
///
/// `udp.packet.dropped` falls when a missing packet arrives after all. So it is an up/down value and exported
/// as a gauge: use `delta()`, not `rate()`. All streams are summed. Threads: any; a Stream one at a time.
/// Errors: a second UdpMetrics on the same registry is a registration error.
class KYMO_API UdpMetrics final {
 public:
  explicit UdpMetrics(Registry& registry);

  /// One sender's packets. The UdpMetrics must outlive it.
  class Stream final {
   public:
    explicit Stream(UdpMetrics& metrics, const SequenceOptions& options = {})
        : metrics_(&metrics), tracker_(options) {}

    /// Counts a packet, and returns its effect.
    SequenceChange receive(std::uint32_t number) {
      const SequenceChange change = tracker_.receive(number);
      metrics_->record(change, tracker_.current().value_or(number));
      return change;
    }

    /// See SequenceTracker::restart().
    void restart() noexcept {
      tracker_.restart();
      metrics_->restarts.add();
    }

   private:
    UdpMetrics* metrics_;
    SequenceTracker tracker_;
  };

  /// Counts a packet that another SequenceTracker followed.
  void record(const SequenceChange& change, std::uint32_t current) noexcept;

  /// Missing packets over expected ones, 0 to 1, since the start. Duplicates do not make up for
  /// losses.
  [[nodiscard]] double loss_rate() const noexcept;

  Counter received;        ///< `udp.packet.received`: all packets, with duplicates and strays
  UpDownCounter dropped;   ///< `udp.packet.dropped`: missing now
  Counter reordered;       ///< `udp.packet.reordered`: arrived after a higher number; includes late ones
  Counter late;            ///< `udp.packet.late`: arrived too late to be useful
  Counter duplicates;      ///< `udp.packet.duplicate`
  Counter strays;          ///< `udp.packet.stray`: a number that belongs to no sequence
  Counter gaps;            ///< `udp.sequence.gap`: times that numbers were skipped, even if they came later
  Gauge current_sequence;  ///< `udp.current_sequence`: the highest of the stream heard last
  Counter restarts;        ///< `udp.stream.restarts`: times that a sender began anew

 private:
  Registration loss_rate_;  // `udp.packet.loss_rate`
};

}  // namespace kymo::KYMO_ABI::packs
