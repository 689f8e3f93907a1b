#include "src/net/frame_watch.h"

#include <string>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::string_view kMask("\x11\x22\x33\x44", 4);

std::string frame(char first, std::string payload, bool masked = true) {
  std::string out(1, first);
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size() | (masked ? 0x80U : 0U));
  } else {
    out += static_cast<char>(masked ? 0xfe : 0x7e);
    out += static_cast<char>(payload.size() >> 8U);
    out += static_cast<char>(payload.size() & 0xffU);
  }
  if (!masked) return out + payload;
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out.append(kMask) + payload;
}

std::string close_with(unsigned code, std::string_view reason = {}) {
  const std::string number = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
  return frame('\x88', number + std::string(reason));
}

/// The verdict on bytes, whatever pieces they come in; 0: none. `good` bytes come before it.
int verdict(const std::string& bytes, std::size_t good = std::string::npos) {
  int found = 0;
  for (const std::size_t piece : {bytes.size(), std::size_t{1}, std::size_t{3}, std::size_t{7}}) {
    FrameWatch watch;
    for (std::size_t i = 0; i < bytes.size() && !watch.verdict(); i += piece) {
      const std::string_view part = std::string_view(bytes).substr(i, piece);
      const std::size_t taken = watch.take(part);
      if (!watch.verdict()) {
        EXPECT_EQ(taken, part.size());
      } else if (piece == bytes.size() && good != std::string::npos) {
        EXPECT_EQ(taken, good);
      }
    }
    const int here = watch.verdict() ? static_cast<int>(*watch.verdict()) : 0;
    if (piece == bytes.size()) found = here;
    EXPECT_EQ(here, found) << "in pieces of " << piece;
  }
  return found;
}

TEST(FrameWatch, KnowsWhichCloseCodesCanBe) {
  for (unsigned code = 0; code <= 0xffff; code += code < 5100 ? 1 : 997) {
    const bool good =
        (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1013) || (code >= 3000 && code <= 4999);
    ASSERT_EQ(verdict(close_with(code)), good ? 0 : code == 1014 ? 1014 : 1002) << code;
  }
  EXPECT_EQ(verdict(close_with(65535)), 1002);
}

TEST(FrameWatch, ReasonsAreUtf8) {
  EXPECT_EQ(verdict(close_with(1000, "warum nicht: \xc3\xa9")), 0);
  for (const char* reason : {"\xff", "\xed\xa0\x80", "ok\xc3", "\xc0\xaf", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_EQ(verdict(close_with(1000, reason)), 1007) << reason;
    EXPECT_EQ(verdict(close_with(5000, reason)), 1002) << "the code comes first";
  }
}

TEST(FrameWatch, ACloseHasNoPayloadOrACode) {
  EXPECT_EQ(verdict(frame('\x88', "")), 0);
  EXPECT_EQ(verdict(frame('\x88', "\x03")), 1002);
}

TEST(FrameWatch, WhatComesBeforeTheCloseIsGood) {
  const std::string before = frame('\x81', "text") + frame('\x89', "ping") +
                             frame('\x02', std::string(300, 'x')) + frame('\x80', std::string(200, 'y'));
  EXPECT_EQ(verdict(before + close_with(5000), before.size()), 1002);
  EXPECT_EQ(verdict(before + close_with(1000) + frame('\x81', "late")), 0);
}

TEST(FrameWatch, OnlyAWholeCloseFrameIsOne) {
  EXPECT_EQ(verdict(frame('\x81', close_with(5000))), 0) << "the payload of a text";
  EXPECT_EQ(verdict(close_with(5000).substr(0, 7)), 0);
  EXPECT_EQ(verdict(frame('\x88', std::string("\x13\x88"), false)), 0) << "unmasked: for others to refuse";
}

TEST(FrameWatch, KnowsWhenAMessageHasEnded) {
  FrameWatch watch;
  const auto after = [&](const std::string& bytes) {
    EXPECT_EQ(watch.take(bytes), bytes.size());
    return watch.is_in_message();
  };
  const std::string text = frame('\x81', "hello");
  EXPECT_FALSE(watch.is_in_message());
  for (std::size_t i = 0; i + 1 < text.size(); ++i) EXPECT_TRUE(after(text.substr(i, 1))) << i;
  EXPECT_FALSE(after(text.substr(text.size() - 1)));
  EXPECT_EQ(watch.ended(), 1U);
  EXPECT_TRUE(after(frame('\x01', "a")));
  EXPECT_TRUE(after(frame('\x89', "ping within")));
  EXPECT_EQ(watch.ended(), 1U);
  EXPECT_TRUE(after(frame('\x00', "b")));
  EXPECT_FALSE(after(frame('\x80', "")));
  EXPECT_EQ(watch.ended(), 2U);
  EXPECT_TRUE(after(frame('\x81', "whole") + frame('\x81', "x").substr(0, 3)));
  EXPECT_EQ(watch.ended(), 3U) << "another message is under way";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
