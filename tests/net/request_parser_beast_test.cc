// Beast's parser as the other reader: whatever ours lets through, Beast must understand in the same way. The
// converse does not hold and is not wanted, ours being the stricter.
#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <kymo/base/ascii.h>

#include "smuggling_cases.h"
#include "src/net/request_parser.h"

namespace kymo::KYMO_ABI::net {
namespace {

namespace http = boost::beast::http;

struct Reading {
  std::string method;
  std::string body;
  bool keep_alive = false;
  std::size_t length = 0;  ///< of the request in bytes
};

std::optional<Reading> read_ours(std::string_view bytes) {
  RequestParser parser(HttpLimits{});
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto state = parser.feed(bytes.substr(i, 1));
    if (state == RequestParser::State::faulty) return std::nullopt;
    if (state == RequestParser::State::complete) {
      return Reading{parser.head().method, parser.body(), parser.head().keep_alive, i + 1};
    }
  }
  return std::nullopt;
}

std::optional<Reading> read_beast(std::string_view bytes) {
  if (bytes.starts_with("\r\n")) return std::nullopt;
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  boost::beast::error_code error;
  std::size_t used = 0;
  while (!error && !parser.is_done() && used < bytes.size()) {
    used += parser.put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), error);
  }
  if (!parser.is_done()) return std::nullopt;
  const auto& message = parser.get();
  return Reading{std::string(message.method_string()), message.body(), message.keep_alive(), used};
}

void expect_agreement(const std::string& bytes, const std::string& what) {
  const auto ours = read_ours(bytes);
  if (!ours || bytes.starts_with("\r\n")) return;
  const auto other = read_beast(bytes);
  ASSERT_TRUE(other) << what << ": Beast refuses\n" << bytes;
  EXPECT_EQ(ours->method, other->method) << what << "\n" << bytes;
  EXPECT_EQ(ours->body, other->body) << what << "\n" << bytes;
  EXPECT_EQ(ours->keep_alive, other->keep_alive) << what << "\n" << bytes;
  EXPECT_EQ(ours->length, other->length) << what << "\n" << bytes;
}

TEST(RequestParserAgainstBeast, AgreesOnTheCorpus) {
  for (const auto& test : test::load_smuggling_cases()) expect_agreement(test.bytes, test.name);
}

/// Cases cut, spliced and sprinkled with the characters that matter.
TEST(RequestParserAgainstBeast, AgreesOnMutations) {
  const auto cases = test::load_smuggling_cases();
  const std::string spice("\r\n\t \0:;,0a\x7f\xff", 12);
  std::mt19937 random(20240229);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string bytes = cases[below(cases.size())].bytes;
    for (std::size_t change = below(4); change > 0 && !bytes.empty(); --change) {
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0: bytes[at] = spice[below(spice.size())]; break;
        case 1: bytes.insert(at, 1, spice[below(spice.size())]); break;
        case 2: bytes.erase(at, 1 + below(3)); break;
        default: {
          const std::string& other = cases[below(cases.size())].bytes;
          bytes = bytes.substr(0, at) + other.substr(std::min(at, other.size()));
        }
      }
    }
    if (read_ours(bytes)) ++accepted;
    expect_agreement(bytes, "mutation " + std::to_string(i));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
  EXPECT_GT(accepted, 10'000) << "too few of the mutations say anything";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
