#include "audio/wav.h"

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace voice {
namespace {

TEST(Wav, ReadsBackWhatItWrote) {
  const bool passed = rc::check([](std::vector<std::int16_t> samples) {
    const auto parsed = parse_wav(encode_wav({.rate_hz = 22'050, .samples = samples}));
    RC_ASSERT(std::holds_alternative<Clip>(parsed));
    RC_ASSERT(std::get<Clip>(parsed).rate_hz == 22'050);
    RC_ASSERT(std::get<Clip>(parsed).samples == samples);
  });
  EXPECT_TRUE(passed);
}

TEST(Wav, AnyBytesAreAClipOrAnError) {
  const bool passed = rc::check([](std::vector<std::uint8_t> bytes, bool with_header) {
    auto file = encode_wav({.rate_hz = 8'000, .samples = {1, 2, 3}});
    if (!with_header) file.clear();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i < file.size()) file[bytes[i] % file.size()] = bytes[i];
    }
    (void)parse_wav(with_header ? file : bytes);
  });
  EXPECT_TRUE(passed);
}

TEST(Wav, CutFilesEndWhereTheBytesEnd) {
  auto bytes = encode_wav({.rate_hz = 8'000, .samples = {1, 2, 3}});
  bytes.resize(bytes.size() - 3);
  const auto parsed = parse_wav(bytes);
  ASSERT_TRUE(std::holds_alternative<Clip>(parsed));
  EXPECT_EQ(std::get<Clip>(parsed).samples, std::vector<std::int16_t>{1});
}

TEST(Wav, TakesTheMeanOfTwoChannels) {
  auto bytes = encode_wav({.rate_hz = 8'000, .samples = {10, 20, -30, -50}});
  bytes[22] = 2;
  EXPECT_EQ(std::get<Clip>(parse_wav(bytes)).samples, (std::vector<std::int16_t>{15, -40}));
}

TEST(Wav, SaysWhatIsWrong) {
  auto eight_bit = encode_wav({.rate_hz = 8'000, .samples = {1}});
  eight_bit[34] = 8;
  EXPECT_NE(std::get<WavError>(parse_wav(eight_bit)).message.find("16-bit"), std::string::npos);
  EXPECT_NE(std::get<WavError>(parse_wav({})).message.find("RIFF"), std::string::npos);
  try {
    (void)load_wav("no/such/file.wav");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("no/such/file.wav"), std::string::npos);
  }
}

}  // namespace
}  // namespace voice
