#include "src/probe/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <kymo/probe/probe_result.h>

namespace kymo::KYMO_ABI::probe {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

const DnsQuestion kQuestion = DnsQuestion::parse("/www.Example.org?type=aaaa");

std::vector<std::byte> answer_with(unsigned flags, std::string_view question, unsigned questions = 1) {
  std::string text{'\x12', '\x34'};
  for (const unsigned number : {flags, questions, 2U, 0U, 0U}) {
    text += static_cast<char>(number >> 8U);
    text += static_cast<char>(number & 0xFFU);
  }
  return bytes_of(text.append(question));
}

constexpr std::string_view kAsked("\3www\7example\3ORG\0\0\x1c\0\1", 21);

TEST(DnsMessage, AsksAsTheRfcHasIt) {
  const std::string_view query("\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7Example\3org\0\0\x1c\0\1", 33);
  EXPECT_EQ(write_dns_query(0x1234, kQuestion), bytes_of(query));
  EXPECT_EQ(write_dns_query(0, DnsQuestion::parse("/.?type=NS")).size(), 17U) << "the root";
}

TEST(DnsMessage, ReadsTheHeadOfAnAnswer) {
  auto answer = read_dns_answer(answer_with(0x8183, kAsked), kQuestion);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, 0x1234);
  EXPECT_EQ(answer->code, 3U);
  EXPECT_EQ(answer->answers, 2U);
  EXPECT_FALSE(answer->is_truncated);
  answer = read_dns_answer(answer_with(0x8380, std::string(kAsked) + "what follows"), kQuestion);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is_truncated);
  EXPECT_EQ(read_dns_answer(answer_with(0x8001, "", 0), kQuestion)->code, 1U) << "an error's head alone";
}

TEST(DnsMessage, WhatIsNoneIsNotRead) {
  EXPECT_FALSE(read_dns_answer({}, kQuestion));
  EXPECT_FALSE(read_dns_answer(answer_with(0x0100, kAsked), kQuestion)) << "a query";
  EXPECT_FALSE(read_dns_answer(answer_with(0x8880, kAsked), kQuestion)) << "another opcode";
  EXPECT_FALSE(read_dns_answer(answer_with(0x8180, "", 0), kQuestion)) << "good, but to what?";
  EXPECT_FALSE(read_dns_answer(answer_with(0x8180, kAsked, 2), kQuestion));
  EXPECT_FALSE(read_dns_answer(answer_with(0x8180, kAsked.substr(0, 20)), kQuestion));
  std::string other(kAsked);
  other[18] = '\1';  // of type A
  EXPECT_FALSE(read_dns_answer(answer_with(0x8180, other), kQuestion));
  EXPECT_FALSE(
      read_dns_answer(answer_with(0x8180, kAsked), DnsQuestion::parse("/www.example.com?type=AAAA")));
  // 65 and 97 are one letter in two cases, and two types.
  other[18] = 'a';
  EXPECT_FALSE(
      read_dns_answer(answer_with(0x8180, other), DnsQuestion::parse("/www.example.org?type=HTTPS")));
}

TEST(DnsMessage, SaysWhatIsWrongOfAQuestion) {
  const auto message = [](const std::string& path) -> std::string {
    try {
      return "asks for " + DnsQuestion::parse(path).name;
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  using testing::HasSubstr;
  EXPECT_EQ(message("/example.org."), "asks for example.org");
  EXPECT_EQ(message("/_sip._udp.example.org?type=SRV"), "asks for _sip._udp.example.org");
  EXPECT_THAT(message("/"), HasSubstr("missing"));
  EXPECT_THAT(message("/?type=A"), HasSubstr("missing"));
  EXPECT_THAT(message("/a..b"), HasSubstr("1 to 63"));
  EXPECT_THAT(message("/.."), HasSubstr("1 to 63"));
  EXPECT_THAT(message("/" + std::string(64, 'a')), HasSubstr("1 to 63"));
  EXPECT_THAT(message("/a b"), HasSubstr("1 to 63"));
  EXPECT_THAT(message("/" + std::string(300, '.')), HasSubstr("253"));
  EXPECT_THAT(message("/a?type=ANY"), HasSubstr("one of A, NS,"));
  EXPECT_THAT(message("/a?kind=A"), HasSubstr("?type="));
}

TEST(DnsMessage, NamesItsCodes) {
  EXPECT_EQ(dns_code_name(0), "NOERROR");
  EXPECT_EQ(dns_code_name(3), "NXDOMAIN");
  EXPECT_EQ(dns_code_name(15), "RCODE15");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
