#include <kymo/probe/echo_responder.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/probe/echo_peer.h"

namespace kymo::KYMO_ABI::probe {
namespace {

using namespace std::chrono_literals;
using test::UdpSocket;

class EchoResponderTest : public testing::Test {
 protected:
  static sockaddr_in address_of(const EchoResponder& responder) {
    const std::string text = responder.address();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(text.find(':') + 1))));
    return address;
  }

  static std::vector<std::byte> request(std::uint64_t sequence, std::size_t bytes = kEchoBytes) {
    std::vector<std::byte> datagram(bytes);
    write_echo({.session = 7, .sequence = sequence, .sent_ns = 99}, datagram);
    return datagram;
  }

  /// Waits until the responder has seen so many datagrams.
  static EchoResponder::Statistics seen(const EchoResponder& responder, std::uint64_t count) {
    const auto end = std::chrono::steady_clock::now() + test::kBound;
    for (;;) {
      const auto now = responder.statistics();
      const bool is_done = now.answered + now.refused + now.limited + now.failed >= count;
      if (is_done || std::chrono::steady_clock::now() > end) return now;
      std::this_thread::sleep_for(1ms);
    }
  }

  EchoResponder responder_{{.listen = "127.0.0.1:0"}};
  UdpSocket prober_;
};

TEST_F(EchoResponderTest, AnswersWithItsTimesAndNotAByteMore) {
  for (const std::size_t bytes : {kEchoBytes, std::size_t{100}, kMaxEchoBytes}) {
    prober_.send_to(address_of(responder_), request(5, bytes));
    const auto answer = prober_.receive(test::kBound);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->size(), bytes);
    const auto message = read_echo(*answer);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->type, EchoType::answer);
    EXPECT_EQ(message->session, 7U);
    EXPECT_EQ(message->sequence, 5U);
    EXPECT_EQ(message->sent_ns, 99U);
    EXPECT_LE(message->received_ns, message->answered_ns);
    EXPECT_NE(message->responder, 0U);
  }
}

TEST_F(EchoResponderTest, IsSilentWhereNoRequestCame) {
  auto answer = request(1);
  write_echo({.type = EchoType::answer, .session = 7}, answer);
  auto padded = request(1, 80);
  padded[70] = std::byte{'x'};
  const std::vector<std::byte> nonsense(100, std::byte{'x'});
  for (const auto& datagram :
       {answer, padded, nonsense, request(1, kMaxEchoBytes + 1), std::vector<std::byte>()})
    prober_.send_to(address_of(responder_), datagram);
  EXPECT_EQ(seen(responder_, 5).refused, 5U);
  prober_.send_to(address_of(responder_), request(2));
  const auto first = prober_.receive(test::kBound);
  ASSERT_TRUE(first);
  EXPECT_EQ(read_echo(*first)->sequence, 2U) << "the only answer";
}

TEST_F(EchoResponderTest, AnswersOnlySoOften) {
  const EchoResponder strict({.listen = "127.0.0.1:0", .answers_per_second_per_source = 0.01});
  for (std::uint64_t i = 1; i <= 20; ++i) prober_.send_to(address_of(strict), request(i));
  const auto statistics = seen(strict, 20);
  EXPECT_EQ(statistics.answered, 1U);
  EXPECT_EQ(statistics.limited, 19U);
}

TEST_F(EchoResponderTest, SaysThatItsLimitForbidsAnAnswer) {
  const EchoResponder strict({.listen = "127.0.0.1:0", .answers_per_second_per_source = 10});
  constexpr std::uint64_t kRequests = 40;
  for (std::uint64_t i = 1; i <= kRequests; ++i) prober_.send_to(address_of(strict), request(i, 200));
  const auto statistics = seen(strict, kRequests);
  std::set<std::uint64_t> answered;
  std::set<std::uint64_t> refused;
  for (std::uint64_t i = 0; i < statistics.answered + statistics.notices; ++i) {
    const auto datagram = prober_.receive(test::kBound);
    ASSERT_TRUE(datagram);
    const auto message = read_echo(*datagram);
    ASSERT_TRUE(message);
    if (message->type == EchoType::answer) {
      EXPECT_EQ(datagram->size(), 200U);
      answered.insert(message->sequence);
      continue;
    }
    EXPECT_EQ(datagram->size(), kEchoBytes) << "shorter than the request";
    EXPECT_EQ(message->limit, EchoLimit::source);
    EXPECT_EQ(message->session, 7U);
    for (std::uint64_t back = 0; back < message->sequence; ++back)
      if ((message->refused[back / 64] >> back % 64 & 1U) != 0) refused.insert(message->sequence - back);
  }
  EXPECT_EQ(answered.size(), statistics.answered);
  EXPECT_LT(statistics.notices, statistics.limited) << "notices have a limit of their own";
  for (const std::uint64_t one : refused) EXPECT_FALSE(answered.contains(one));
  // Of the first that had a notice all are told; those after the last notice are not.
  EXPECT_GE(refused.size(), statistics.notices);
}

TEST_F(EchoResponderTest, OneNoticeTellsOfManyRequests) {
  const EchoResponder strict({.listen = "127.0.0.1:0", .answers_per_second_per_source = 0.01});
  for (std::uint64_t i = 1; i <= 3; ++i) prober_.send_to(address_of(strict), request(i));
  EXPECT_EQ(seen(strict, 3).notices, 1U);
  ASSERT_EQ(read_echo(prober_.receive(test::kBound).value())->type, EchoType::answer);
  EXPECT_EQ(read_echo(prober_.receive(test::kBound).value())->sequence, 2U);
}

TEST_F(EchoResponderTest, EveryAddressIsThatOfIPv4Too) {
  const EchoResponder responder({.listen = "[::]:0"});
  EXPECT_THAT(responder.address(), testing::StartsWith("[::]:"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(responder.address().substr(5))));
  prober_.send_to(address, request(5));
  const auto answer = prober_.receive(test::kBound);
  ASSERT_TRUE(answer);
  EXPECT_EQ(read_echo(*answer)->sequence, 5U);
}

TEST_F(EchoResponderTest, SaysWhyItCannotBe) {
  using testing::HasSubstr;
  const auto message = [](EchoResponderOptions options) -> std::string {
    try {
      const EchoResponder one(std::move(options));
      return "answers at " + one.address();
    } catch (const std::exception& error) {
      return error.what();
    }
  };
  EXPECT_THAT(message({.listen = responder_.address()}), HasSubstr("choose another one"));
  EXPECT_THAT(message({.listen = "192.0.2.1:0"}), HasSubstr("no such address"));
  EXPECT_THAT(message({.listen = "voice.example:9465"}), HasSubstr("numeric address"));
  EXPECT_THAT(message({.listen = "127.0.0.1"}), HasSubstr("no port"));
  EXPECT_THAT(message({.listen = "[fe80::1%nosuch0]:0"}), HasSubstr("no such interface"));
  EXPECT_THAT(message({.listen = "[fe80::1]:0"}), HasSubstr("needs its interface, as [fe80::1%eth0]"));
  EXPECT_THAT(message({.listen = "127.0.0.1:0", .answers_per_second = 0}), HasSubstr("above 0"));
  EXPECT_THAT(message({.listen = "127.0.0.1:0", .sources = 0}), HasSubstr("1 to 1000000"));
  EXPECT_THAT(message({.listen = "localhost:0"}), HasSubstr("answers at localhost:"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
