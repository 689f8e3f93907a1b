#pragma once

#include <cstdint>

#include <kymo/core/counter.h>
#include <kymo/core/gauge.h>
#include <kymo/core/registry.h>
#include <kymo/packs/sequence_tracker.h>

namespace kymo::KYMO_ABI::packs {

/// What came over UDP and what did not, by the packets' sequence numbers.
///
///     kymo::packs::UdpMetrics udp(registry);
///     kymo::packs::UdpMetrics::Stream stream(udp);  // one for each sender
///     stream.receive(packet.sequence);
///
/// `udp.packet.dropped` falls when a packet comes after all, so it is an up/down value and exported as a
/// gauge: `delta()`, not `rate()`. All streams are summed. Threads: any; a Stream one at a time. Errors: a
/// second UdpMetrics on the same registry is a registration error.
class KYMO_API UdpMetrics final {
 public:
  explicit UdpMetrics(Registry& registry);

  /// One sender's packets. The UdpMetrics must outlive it.
  class Stream final {
   public:
    explicit Stream(UdpMetrics& metrics, const SequenceOptions& options = {})
        : metrics_(&metrics), tracker_(options) {}

    /// Counts a packet, and tells what it brought about.
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

  /// Counts a packet whose sequence was followed elsewhere.
  void record(const SequenceChange& change, std::uint32_t current) noexcept;

  /// Missing packets over those that should have come, 0 to 1, since the start. Duplicates do not make up for
  /// losses.
  [[nodiscard]] double loss_rate() const noexcept;

  Counter received;        ///< `udp.packet.received`: all that came, duplicates and strays too
  UpDownCounter dropped;   ///< `udp.packet.dropped`: missing now
  Counter reordered;       ///< `udp.packet.reordered`: came after a higher number; late ones too
  Counter late;            ///< `udp.packet.late`: came too late to be of use
  Counter duplicates;      ///< `udp.packet.duplicate`
  Counter strays;          ///< `udp.packet.stray`: a number that belongs to no sequence
  Counter gaps;            ///< `udp.sequence.gap`: times that numbers were skipped, at least at first
  Gauge current_sequence;  ///< `udp.current_sequence`: the highest, of the stream heard last
  Counter restarts;        ///< `udp.stream.restarts`: times that a sender began anew

 private:
  Registration loss_rate_;  // `udp.packet.loss_rate`
};

}  // namespace kymo::KYMO_ABI::packs
