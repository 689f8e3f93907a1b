#include <kymo/peers/quality.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numeric>
#include <vector>

namespace kymo::KYMO_ABI::peers {
namespace {

double percentage(double score) noexcept { return std::isnan(score) ? 0 : std::clamp(score, 0.0, 100.0); }

/// 100 for 0, falling linearly to 0 at `worst`.
double falling(double value, double worst) noexcept {
  return value < 0 ? 0 : percentage(100 * (1 - value / worst));
}

/// 100 for 0, falling by `slope` per unit.
double less(double value, double slope) noexcept { return value < 0 ? 0 : percentage(100 - slope * value); }

/// The weight of a figure in a quality_score(), and the value from which its part is 0.
struct PartRule {
  QualityPart part;
  double ConnectionFigures::* figure;
  double weight;
  double worst;
};
constexpr std::array kPartRules = {
    PartRule{QualityPart::latency, &ConnectionFigures::latency_ms, 0.40, 150},
    PartRule{QualityPart::packet_loss, &ConnectionFigures::packet_loss_percent, 0.35, 5},
    PartRule{QualityPart::jitter, &ConnectionFigures::jitter_ms, 0.25, 50},
};
/// A figure that costs less is not named as a reason.
constexpr double kCostToTell = 5;

std::string fixed_text(double value, int decimals) {
  std::array<char, 32> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  return error == std::errc() ? std::string(text.data(), end) : "beyond measure";
}

std::string part_text(const QualityCost& cost) {
  const std::string value = fixed_text(cost.value, 1);
  switch (cost.part) {
    case QualityPart::latency: return "latency " + value + " ms";
    case QualityPart::packet_loss: return value + " % lost";
    case QualityPart::jitter: break;
  }
  return "jitter " + value + " ms";
}

std::optional<double> less(const std::optional<double>& value, double slope) noexcept {
  return value ? std::optional(less(*value, slope)) : std::nullopt;
}

/// The weighted mean of the measured parts.
double weighted_total(const PathScore& score) noexcept {
  double sum = 0;
  int weights = 0;
  const auto add = [&](const std::optional<double>& part, int weight) {
    if (!part) return;
    sum += weight * *part;
    weights += weight;
  };
  add(score.latency, 30);
  add(score.packet_loss, 25);
  add(score.jitter, 15);
  add(score.bandwidth, 15);
  add(score.stability, 15);
  return weights == 0 ? 0 : sum / weights;
}

}  // namespace

double quality_score(const ConnectionFigures& figures) noexcept {
  double score = 0;
  for (const PartRule& rule : kPartRules) score += rule.weight * falling(figures.*rule.figure, rule.worst);
  return score;
}

std::vector<QualityCost> quality_costs(const ConnectionFigures& figures) {
  std::vector<QualityCost> costs;
  for (const PartRule& rule : kPartRules) {
    const double value = figures.*rule.figure;
    const double points = rule.weight * (100 - falling(value, rule.worst));
    if (points >= kCostToTell) costs.push_back({rule.part, value, points});
  }
  std::sort(costs.begin(), costs.end(), [](const QualityCost& a, const QualityCost& b) {
    return a.points != b.points ? a.points > b.points : a.part < b.part;
  });
  return costs;
}

std::string quality_reason(const ConnectionFigures& figures) {
  std::string text;
  for (const QualityCost& cost : quality_costs(figures)) {
    const std::string points = fixed_text(cost.points, 0);
    text += text.empty() ? part_text(cost) + " takes " + points + " of 100 points"
                         : ", " + part_text(cost) + " " + points;
  }
  return text;
}

QualityLabel quality_label(double score) noexcept {
  if (score >= 80) return QualityLabel::excellent;
  if (score >= 60) return QualityLabel::good;
  return score >= 40 ? QualityLabel::fair : QualityLabel::poor;
}

QualityTrend quality_trend(double before, double now) noexcept {
  if (now - before > 5) return QualityTrend::improving;
  return before - now > 5 ? QualityTrend::degrading : QualityTrend::stable;
}

PathScore path_score(const PathFigures& figures) noexcept {
  PathScore score;
  score.latency = less(figures.latency_ms, 0.5);
  score.jitter = less(figures.jitter_ms, 2);
  score.packet_loss = less(figures.packet_loss_percent, 1);
  if (figures.bandwidth_mbit_per_s) score.bandwidth = percentage(5 * *figures.bandwidth_mbit_per_s);
  if (figures.attempted != 0) {
    score.stability =
        percentage(100 * static_cast<double>(figures.successful) / static_cast<double>(figures.attempted));
  }
  score.total = weighted_total(score);
  return score;
}

Grade grade(double score) noexcept {
  if (score >= 90) return Grade::a;
  if (score >= 70) return Grade::b;
  if (score >= 50) return Grade::c;
  return score >= 30 ? Grade::d : Grade::f;
}

std::string_view to_string(QualityLabel label) noexcept {
  switch (label) {
    case QualityLabel::excellent: return "excellent";
    case QualityLabel::good: return "good";
    case QualityLabel::fair: return "fair";
    case QualityLabel::poor: break;
  }
  return "poor";
}

std::string_view to_string(PeerStatus status) noexcept {
  switch (status) {
    case PeerStatus::connected: return "connected";
    case PeerStatus::degraded: return "degraded";
    case PeerStatus::disconnected: break;
  }
  return "disconnected";
}

std::string_view to_string(QualityTrend trend) noexcept {
  switch (trend) {
    case QualityTrend::improving: return "improving";
    case QualityTrend::stable: return "stable";
    case QualityTrend::degrading: break;
  }
  return "degrading";
}

std::string_view to_string(Grade grade) noexcept {
  switch (grade) {
    case Grade::a: return "A";
    case Grade::b: return "B";
    case Grade::c: return "C";
    case Grade::d: return "D";
    case Grade::f: break;
  }
  return "F";
}

Aggregate aggregate(std::span<const double> values) {
  std::vector<double> sorted;
  sorted.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double v) { return !std::isnan(v); });
  if (sorted.empty()) return {};
  std::sort(sorted.begin(), sorted.end());
  const auto count = static_cast<double>(sorted.size());
  const double sum = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  const auto rank = static_cast<std::size_t>(std::ceil(0.95 * count));
  return {.count = sorted.size(),
          .min = sorted.front(),
          .max = sorted.back(),
          .average = sum / count,
          .p95 = sorted[std::max<std::size_t>(rank, 1) - 1],
          .sum = sum};
}

double deviation_jitter(std::span<const double> latencies_ms) noexcept {
  // Welford's method, so that a large mean does not hide a small deviation.
  double mean = 0;
  double squares = 0;
  double count = 0;
  for (const double latency : latencies_ms) {
    if (std::isnan(latency)) continue;
    count += 1;
    const double off = latency - mean;
    mean += off / count;
    squares += off * (latency - mean);
  }
  return count < 2 ? 0 : std::sqrt(squares / count);
}

void InterarrivalJitter::add(double transit_ms) noexcept {
  if (!std::isfinite(transit_ms)) {
    last_transit_ms_.reset();
    return;
  }
  if (last_transit_ms_) jitter_ms_ += (std::abs(transit_ms - *last_transit_ms_) - jitter_ms_) / 16;
  last_transit_ms_ = transit_ms;
}

}  // namespace kymo::KYMO_ABI::peers
