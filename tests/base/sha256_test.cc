#include <kymo/base/sha256.h>

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include <kymo/base/anonymous_id.h>

namespace kymo::KYMO_ABI::base {
namespace {

std::string hex(const Sha256Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    std::array<char, 3> two{};
    (void)std::snprintf(two.data(), two.size(), "%02x", byte);
    text += two.data();
  }
  return text;
}

// Examples of NIST for FIPS 180-4, and its long message.
TEST(Sha256, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu")),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(AnonymousId, IsTheFirstEightBytesOfTheHash) {
  EXPECT_EQ(anonymous_id("abc"), "ba7816bf8f01cfea");
  EXPECT_EQ(anonymous_id(""), "");
  EXPECT_EQ(anonymous_id("\xff\n").size(), 16U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
