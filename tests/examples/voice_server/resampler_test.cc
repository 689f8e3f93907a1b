#include "audio/resampler.h"

#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "signals.h"

namespace voice {
namespace {

using testing::rms_of;
using testing::sine;
using testing::sine_to_rest_db;

std::vector<float> convert(RatePair rates, SampleView in) {
  Resampler resampler(std::make_shared<const FilterBank>(rates));
  std::vector<float> out;
  resampler.process(in, out);
  return out;
}

/// Without the filter's beginning. 0.5 s of it, so that all frequencies tested fit in a whole number of
/// times.
std::span<const float> steady(const std::vector<float>& out, int rate_hz) {
  return std::span(out).subspan(static_cast<std::size_t>(rate_hz / 10),
                                static_cast<std::size_t>(rate_hz / 2));
}

class EachRate : public ::testing::TestWithParam<int> {};

TEST_P(EachRate, KeepsSinesClean) {
  const RatePair rates{.from_hz = GetParam(), .to_hz = kPipelineRateHz};
  for (const double hz : {100.0, 440.0, 1000.0, 3000.0}) {
    const auto out = convert(rates, sine(hz, rates.from_hz, 1.0));
    const auto part = steady(out, rates.to_hz);
    EXPECT_GT(sine_to_rest_db(part, hz, rates.to_hz), 60.0) << rates.from_hz << " Hz, sine of " << hz;
    EXPECT_NEAR(rms_of(part), 0.5 / std::sqrt(2.0), 0.001) << rates.from_hz << " Hz, sine of " << hz;
  }
}

TEST_P(EachRate, LetsNothingAboveTheNewHalfRateThrough) {
  const RatePair rates{.from_hz = GetParam(), .to_hz = kPipelineRateHz};
  for (const double hz : {8100.0, 10'000.0, 15'900.0, 20'000.0}) {
    if (hz >= rates.from_hz / 2.0) continue;
    const auto out = convert(rates, sine(hz, rates.from_hz, 1.0));
    EXPECT_LT(20 * std::log10(rms_of(steady(out, rates.to_hz)) / (0.5 / std::sqrt(2.0))), -70.0)
        << rates.from_hz << " Hz, sine of " << hz;
  }
}

TEST_P(EachRate, GivesTheRightNumberOfSamples) {
  const RatePair rates{.from_hz = GetParam(), .to_hz = kPipelineRateHz};
  const auto out = convert(rates, std::vector<float>(static_cast<std::size_t>(rates.from_hz)));
  EXPECT_EQ(out.size(), static_cast<std::size_t>(kPipelineRateHz));
}

TEST_P(EachRate, BlocksOfAnySizeGiveTheSameAsOneBlock) {
  const RatePair rates{.from_hz = GetParam(), .to_hz = kPipelineRateHz};
  const auto in = testing::white_noise(rates.from_hz, 0.2, 0.1);
  const auto bank = std::make_shared<const FilterBank>(rates);
  std::vector<float> whole;
  Resampler(bank).process(in, whole);
  for (const std::size_t size : {1U, 7U, 441U, 5000U}) {
    Resampler resampler(bank);
    std::vector<float> out;
    for (std::size_t at = 0; at < in.size(); at += size) {
      resampler.process(SampleView(in).subspan(at, std::min(size, in.size() - at)), out);
    }
    EXPECT_EQ(out, whole) << "blocks of " << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Resampler, EachRate, ::testing::ValuesIn(kSourceRatesHz));

TEST(Resampler, UpsamplingMakesNoMirrorImages) {
  const RatePair rates{.from_hz = 8'000, .to_hz = 48'000};
  const auto out = convert(rates, sine(1000.0, rates.from_hz, 1.0));
  EXPECT_GT(sine_to_rest_db(steady(out, rates.to_hz), 1000.0, rates.to_hz), 60.0);
}

TEST(Resampler, EqualRatesChangeNothing) {
  const auto in = testing::white_noise(kPipelineRateHz, 0.1, 0.1);
  EXPECT_EQ(convert({.from_hz = kPipelineRateHz, .to_hz = kPipelineRateHz}, in), in);
}

}  // namespace
}  // namespace voice
