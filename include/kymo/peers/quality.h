#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::peers {

/// The figures of a connection's quality. A negative, infinite or NaN figure counts as the
/// worst.
struct ConnectionFigures {
  double latency_ms = 0;           ///< round trip
  double packet_loss_percent = 0;  ///< 0 to 100
  double jitter_ms = 0;            ///< see deviation_jitter()
};

/// 0 (unusable) to 100: latency counts 40 % (100 at 0 ms, 0 from 150 ms on), loss 35 % (0 from 5 % on),
/// jitter 25 % (0 from 50 ms on), each falling linearly. Threads: any, as all functions here.
[[nodiscard]] KYMO_API double quality_score(const ConnectionFigures& figures) noexcept;

enum class QualityLabel : std::uint8_t { excellent, good, fair, poor };

/// From 80 excellent, from 60 good, from 40 fair, else poor.
[[nodiscard]] KYMO_API QualityLabel quality_label(double score) noexcept;

enum class PeerStatus : std::uint8_t { connected, degraded, disconnected };
enum class QualityTrend : std::uint8_t { improving, stable, degrading };

/// A figure in a quality_score().
enum class QualityPart : std::uint8_t { latency, packet_loss, jitter };

/// Points that one figure costs in a quality_score().
struct QualityCost {
  QualityPart part = QualityPart::latency;
  double value = 0;   ///< the figure, in its unit: milliseconds or percent
  double points = 0;  ///< of 100
};

/// The figures that take 5 points of 100 or more off the score, the most costly first.
[[nodiscard]] KYMO_API std::vector<QualityCost> quality_costs(const ConnectionFigures& figures);

/// The same for people: `33.3 % lost takes 35 of 100 points, latency 120.0 ms 32`. Empty: no figure costs 5.
[[nodiscard]] KYMO_API std::string quality_reason(const ConnectionFigures& figures);

/// The direction of the score: a change by more than 5, or stable.
[[nodiscard]] KYMO_API QualityTrend quality_trend(double before, double now) noexcept;

/// One measurement of a path, with bandwidth and reliability. Empty: not measured. A negative, infinite or
/// NaN figure counts as the worst; so a latency of NaN means no answer.
struct PathFigures {
  std::optional<double> latency_ms = {};
  std::optional<double> jitter_ms = {};
  std::optional<double> packet_loss_percent = {};
  std::optional<double> bandwidth_mbit_per_s = {};
  std::uint64_t attempted = 0;   ///< probes or other attempts
  std::uint64_t successful = 0;  ///< successful ones of them
};

/// The parts of a path's score, each 0 to 100, and the whole: latency 30 % (100 - ms/2), packet loss 25 %
/// (100 - percent), jitter 15 % (100 - 2 × ms), bandwidth 15 % (5 × Mbit/s) and stability 15 % (the share of
/// successful attempts). A part that is not measured is empty, and the weights of the others are scaled to
/// 100 % in all. If no part is measured, the whole is 0.
struct PathScore {
  std::optional<double> latency = {};
  std::optional<double> jitter = {};
  std::optional<double> packet_loss = {};
  std::optional<double> bandwidth = {};
  std::optional<double> stability = {};
  double total = 0;
};
[[nodiscard]] KYMO_API PathScore path_score(const PathFigures& figures) noexcept;

enum class Grade : std::uint8_t { a, b, c, d, f };

/// A from 90, B from 70, C from 50, D from 30, else F.
[[nodiscard]] KYMO_API Grade grade(double score) noexcept;

[[nodiscard]] KYMO_API std::string_view to_string(QualityLabel label) noexcept;  ///< "excellent", …
[[nodiscard]] KYMO_API std::string_view to_string(PeerStatus status) noexcept;   ///< "connected", …
[[nodiscard]] KYMO_API std::string_view to_string(QualityTrend trend) noexcept;  ///< "improving", …
[[nodiscard]] KYMO_API std::string_view to_string(Grade grade) noexcept;         ///< "A", …

/// Statistics of many values. Without values: a count of 0 and nothing else.
struct Aggregate {
  std::size_t count = 0;
  std::optional<double> min, max, average, p95, sum;
};

/// p95 by nearest rank, so it is one of the values. NaNs are ignored.
[[nodiscard]] KYMO_API Aggregate aggregate(std::span<const double> values);

/// Population standard deviation of the latencies; 0 for fewer than two.
[[nodiscard]] KYMO_API double deviation_jitter(std::span<const double> latencies_ms) noexcept;

/// The interarrival jitter of RFC 3550, section 6.4.1 and appendix A.8. Each packet's change in transit time
/// moves it by a sixteenth of that change. Not thread-safe.
class KYMO_API InterarrivalJitter final {
 public:
  /// Adds the next packet's transit time; the offset of the sender's clock does not matter. NaN: a lost
  /// packet; the next one begins a new pair.
  void add(double transit_ms) noexcept;
  [[nodiscard]] double milliseconds() const noexcept { return jitter_ms_; }

 private:
  std::optional<double> last_transit_ms_;
  double jitter_ms_ = 0;
};

}  // namespace kymo::KYMO_ABI::peers
