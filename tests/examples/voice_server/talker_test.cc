#include "client/talker.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "audio/sample.h"

namespace voice {
namespace {

TEST(Talker, SpeaksAndPausesForEver) {
  Talker talker({.rate_hz = 16'000, .samples = std::vector<std::int16_t>(8'000, 1'000)}, 16'000, 1);
  int silent = 0;
  int loud = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto frame = talker.next_frame();
    ASSERT_EQ(frame.size(), 320U);
    const auto zeros = std::ranges::count(frame, 0);
    silent += zeros == 320 ? 1 : 0;
    loud += zeros == 0 ? 1 : 0;
  }
  EXPECT_GT(silent, 200);
  EXPECT_GT(loud, 200);
}

TEST(Talker, SpeaksAtEachRate) {
  const Clip clip{.rate_hz = 22'050, .samples = std::vector<std::int16_t>(22'050, 1'000)};
  for (const int rate_hz : kSourceRatesHz) {
    Talker talker(clip, rate_hz, 3);
    EXPECT_EQ(talker.rate_hz(), rate_hz);
    EXPECT_EQ(talker.next_frame().size(), static_cast<std::size_t>(rate_hz / 50));
  }
}

TEST(Talker, RefusesAnEmptyClip) {
  EXPECT_THROW(Talker({.rate_hz = 16'000, .samples = {}}, 16'000, 1), std::runtime_error);
}

}  // namespace
}  // namespace voice
