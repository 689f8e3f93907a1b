#include "src/probe/echo_message.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI::probe {
namespace {

constexpr EchoMessage kAnswer{.type = EchoType::answer,
                              .session = 0x0102030405060708,
                              .sequence = 9,
                              .sent_ns = 10,
                              .received_ns = 11,
                              .answered_ns = 12,
                              .responder = 13};

std::vector<std::byte> written(const EchoMessage& message, std::size_t bytes = kEchoBytes) {
  std::vector<std::byte> datagram(bytes, std::byte{0xFF});
  write_echo(message, datagram);
  return datagram;
}

TEST(EchoMessage, IsWrittenAsDocumented) {
  const auto datagram = written(kAnswer, 60);
  const std::array<int, 24> head{'k', 'y', 'm', 'o', 1, 2, 0, 0, 1, 2, 3, 4,
                                 5,   6,   7,   8,   0, 0, 0, 0, 0, 0, 0, 9};
  for (std::size_t i = 0; i < head.size(); ++i) EXPECT_EQ(std::to_integer<int>(datagram[i]), head[i]) << i;
  EXPECT_EQ(datagram[31], std::byte{10});
  EXPECT_EQ(datagram[39], std::byte{11});
  EXPECT_EQ(datagram[47], std::byte{12});
  EXPECT_EQ(datagram[55], std::byte{13});
  for (std::size_t i = kEchoBytes; i < datagram.size(); ++i) EXPECT_EQ(datagram[i], std::byte{0});
}

TEST(EchoMessage, WhatIsNoneIsNotRead) {
  EXPECT_FALSE(read_echo({}));
  const auto whole = written(kAnswer);
  EXPECT_FALSE(read_echo(std::span(whole).first(kEchoBytes - 1)));
  EXPECT_TRUE(read_echo(written(kAnswer, kMaxEchoBytes)));
  EXPECT_FALSE(read_echo(written(kAnswer, kMaxEchoBytes + 1)));
  for (std::size_t i = 0; i < 8; ++i) {
    auto datagram = written(kAnswer);
    datagram[i] ^= std::byte{0x80};
    EXPECT_FALSE(read_echo(datagram)) << "byte " << i << " is another one";
  }
  auto padded = written(kAnswer, 100);
  padded[99] = std::byte{1};
  EXPECT_FALSE(read_echo(padded)) << "padding that says something";
  EchoMessage request = kAnswer;
  request.type = EchoType::request;
  EXPECT_FALSE(read_echo(written(request))) << "a request has no responder's times";
}

TEST(EchoMessage, ANoticeIsWrittenAsDocumented) {
  const EchoMessage notice{.type = EchoType::notice,
                           .session = 7,
                           .sequence = 300,
                           .sent_ns = 10,
                           .responder = 13,
                           .limit = EchoLimit::all,
                           .refused = {0x8000000000000001, 5}};
  const auto datagram = written(notice);
  EXPECT_EQ(datagram[5], std::byte{3});
  EXPECT_EQ(datagram[7], std::byte{2});
  EXPECT_EQ(datagram[32], std::byte{0x80});
  EXPECT_EQ(datagram[39], std::byte{1});
  EXPECT_EQ(datagram[47], std::byte{5});
  EXPECT_EQ(read_echo(datagram), notice);
  EXPECT_FALSE(read_echo(written(notice, kEchoBytes + 1))) << "never longer than the shortest request";
  for (const auto& [byte, value] : {std::pair(7, 0), {7, 3}, {6, 1}, {5, 2}, {5, 1}, {39, 0}}) {
    auto other = datagram;
    other[static_cast<std::size_t>(byte)] = static_cast<std::byte>(value);
    EXPECT_FALSE(read_echo(other)) << "byte " << byte << " is " << value;
  }
}

RC_GTEST_PROP(EchoMessageProperty, WhatIsWrittenIsRead, ()) {
  EchoMessage message{.type = *rc::gen::element(EchoType::request, EchoType::answer),
                      .session = *rc::gen::arbitrary<std::uint64_t>(),
                      .sequence = *rc::gen::arbitrary<std::uint64_t>(),
                      .sent_ns = *rc::gen::arbitrary<std::uint64_t>()};
  if (message.type == EchoType::answer) {
    message.received_ns = *rc::gen::arbitrary<std::uint64_t>();
    message.answered_ns = *rc::gen::arbitrary<std::uint64_t>();
    message.responder = *rc::gen::arbitrary<std::uint64_t>();
  }
  const auto bytes = *rc::gen::inRange<std::size_t>(kEchoBytes, kMaxEchoBytes + 1);
  RC_ASSERT(read_echo(written(message, bytes)) == message);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
