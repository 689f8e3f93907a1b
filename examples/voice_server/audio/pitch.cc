#include "audio/pitch.h"

#include <algorithm>

#include "audio/dot_product.h"

namespace voice {
namespace {

constexpr std::size_t kWindow = kPipelineRateHz / 40;  // 25 ms
constexpr auto kShortestLag = static_cast<std::size_t>(kPipelineRateHz / PitchTracker::kHighestHz);
constexpr auto kLongestLag = static_cast<std::size_t>(kPipelineRateHz / PitchTracker::kLowestHz) + 1;
constexpr std::size_t kNeeded = kWindow + kLongestLag;
/// A dip this deep is a period; YIN's paper uses 0.1 for clean speech.
constexpr float kDeepEnough = 0.15F;
constexpr float kQuietestEnergy = 1e-6F;

}  // namespace

PitchTracker::PitchTracker() : recent_(kNeeded, 0.0F), difference_(kLongestLag + 1, 1.0F) {}

void PitchTracker::add(SampleView block) {
  recent_.insert(recent_.end(), block.begin(), block.end());
  recent_.erase(recent_.begin(), recent_.end() - static_cast<std::ptrdiff_t>(kNeeded));
}

std::optional<double> PitchTracker::estimate() {
  const SampleView window = SampleView(recent_).first(kWindow);
  if (dot_product(window, window) < kQuietestEnergy * kWindow) return std::nullopt;
  compute_normalized_difference();
  const auto lag = first_dip();
  if (!lag) return std::nullopt;
  return kPipelineRateHz / refine(*lag);
}

void PitchTracker::compute_normalized_difference() noexcept {
  const SampleView recent(recent_);
  const SampleView window = recent.first(kWindow);
  float sum = 0;
  for (std::size_t lag = 1; lag <= kLongestLag; ++lag) {
    const float distance = squared_distance(window, recent.subspan(lag, kWindow));
    sum += distance;
    difference_[lag] = sum > 0 ? distance * static_cast<float>(lag) / sum : 1.0F;
  }
}

std::optional<std::size_t> PitchTracker::first_dip() const noexcept {
  for (std::size_t lag = kShortestLag; lag < kLongestLag; ++lag) {
    if (difference_[lag] >= kDeepEnough) continue;
    while (lag + 1 < kLongestLag && difference_[lag + 1] < difference_[lag]) ++lag;
    return lag;
  }
  return std::nullopt;
}

double PitchTracker::refine(std::size_t lag) const noexcept {
  const double before = difference_[lag - 1];
  const double at = difference_[lag];
  const double after = difference_[lag + 1];
  const double curvature = before - 2.0 * at + after;
  if (curvature <= 0) return static_cast<double>(lag);
  const double offset = 0.5 * (before - after) / curvature;
  return static_cast<double>(lag) + std::clamp(offset, -0.5, 0.5);
}

}  // namespace voice
