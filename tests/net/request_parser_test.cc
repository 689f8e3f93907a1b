#include "src/net/request_parser.h"

#include <gtest/gtest.h>

#include "smuggling_cases.h"

namespace kymo::KYMO_ABI::net {
namespace {

using State = RequestParser::State;

/// What became of bytes: how many requests, then which fault.
struct Outcome {
  int requests = 0;
  int fault = 0;
  std::string bodies;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome parse(std::string_view bytes, std::size_t piece, HttpLimits limits = {}) {
  RequestParser parser(limits);
  Outcome outcome;
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    State state = parser.feed(bytes.substr(i, piece));
    while (state == State::complete) {
      ++outcome.requests;
      outcome.bodies += parser.body();
      state = parser.next();
    }
    if (state == State::faulty) {
      outcome.fault = parser.fault().status;
      return outcome;
    }
  }
  return outcome;
}

TEST(RequestParser, JudgesEverySmugglingCaseTheSameInAnyPieces) {
  for (const auto& test : test::load_smuggling_cases()) {
    const Outcome whole = parse(test.bytes, test.bytes.size());
    if (test.status == 200) {
      EXPECT_EQ(whole.requests, test.answers) << test.name;
      EXPECT_EQ(whole.fault, 0) << test.name;
    } else {
      EXPECT_EQ(whole.requests, 0) << test.name;
      EXPECT_EQ(whole.fault, test.status) << test.name;
    }
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 31U}) {
      EXPECT_EQ(parse(test.bytes, piece), whole) << test.name << " in pieces of " << piece;
    }
  }
}

struct Parsed : RequestHead {
  std::string body;
};

Parsed parse_one(std::string_view bytes) {
  RequestParser parser(HttpLimits{});
  EXPECT_EQ(parser.feed(bytes), State::complete) << parser.fault().message;
  return {parser.head(), parser.body()};
}

TEST(RequestParser, TakesARequestApart) {
  const Parsed request = parse_one(
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nAccept: x\r\nX-Y:  z \r\naccept: y\r\n"
      "Content-Length: 5\r\n\r\nhello");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.body, "hello");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_FALSE(request.is_http_1_0);
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"Host", "h"}, {"Accept", "x, y"}, {"X-Y", "z"}, {"Content-Length", "5"}};
  EXPECT_EQ(request.fields, fields);
}

TEST(RequestParser, BringsAnAbsoluteTargetIntoOriginForm) {
  EXPECT_EQ(parse_one("GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n").target, "/b?c");
  EXPECT_EQ(parse_one("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").target, "/");
  EXPECT_EQ(parse_one("GET http://a?c HTTP/1.1\r\nHost: a\r\n\r\n").target, "/?c");
  EXPECT_EQ(parse_one("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").target, "*");
  EXPECT_EQ(parse_one("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n").target, "/");
}

TEST(RequestParser, TakesTheHostFromAnAbsoluteTarget) {
  const auto host_of = [](std::string_view target, std::string_view rest) {
    return std::string(find_field(
        parse_one("GET " + std::string(target) + " HTTP/1." + std::string(rest) + "\r\n\r\n"), "host"));
  };
  EXPECT_EQ(host_of("http://b:81/x", "1\r\nHost: a"), "b:81");
  EXPECT_EQ(host_of("https://[::1]", "1\r\nhost: a"), "[::1]");
  EXPECT_EQ(host_of("http://b/x", "0"), "b");
  EXPECT_EQ(host_of("/x", "1\r\nHost: a"), "a");
  EXPECT_EQ(host_of("/x", "0"), "");
  EXPECT_EQ(parse_one("GET https://b HTTP/1.1\r\nHost: a\r\n\r\n").scheme, RequestHead::Scheme::https);
  EXPECT_EQ(parse_one("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n").scheme, RequestHead::Scheme::http);
  EXPECT_EQ(parse_one("GET / HTTP/1.1\r\nHost: a\r\n\r\n").scheme, RequestHead::Scheme::none);
}

TEST(RequestParser, KnowsWhenAConnectionStaysOpen) {
  const auto stays = [](std::string_view version, std::string_view field) {
    return parse_one("GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(field) + "\r\n")
        .keep_alive;
  };
  EXPECT_TRUE(stays("HTTP/1.1", ""));
  EXPECT_FALSE(stays("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(stays("HTTP/1.1", "Connection: x, CLOSE\r\n"));
  EXPECT_FALSE(stays("HTTP/1.0", ""));
  EXPECT_TRUE(stays("HTTP/1.0", "Connection: keep-alive\r\n"));
}

TEST(RequestParser, JoinsChunksAndDropsTrailers) {
  const Parsed request = parse_one(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\nAuthorization: forged\r\n\r\n");
  EXPECT_EQ(request.body, "abcde");
  for (const auto& [name, value] : request.fields) EXPECT_NE(name, "Authorization");
}

TEST(RequestParser, HoldsItsLimits) {
  HttpLimits limits;
  limits.header_bytes = 64;
  limits.body_bytes = 4;
  const auto fault = [&](std::string_view bytes, std::size_t piece) {
    return parse(bytes, piece, limits).fault;
  };
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string fits = head + std::string(64 - head.size() - 4, 'x') + "\r\n\r\n";
  const std::string longer = head + std::string(64 - head.size() - 3, 'x') + "\r\n\r\n";
  ASSERT_EQ(fits.size(), 64U);
  for (const std::size_t piece : {1U, 1000U}) {
    EXPECT_EQ(fault(fits, piece), 0);
    EXPECT_EQ(fault(longer, piece), 431);
    EXPECT_EQ(fault(std::string(200, 'x'), piece), 431);
    EXPECT_EQ(fault(head + std::string(60, 'x') + "\nX: y\r\n\r\n", piece), 431)
        << "a fault behind the limit";
    EXPECT_EQ(fault("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n1234", piece), 0);
    EXPECT_EQ(fault("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", piece), 413);
  }
  limits.header_bytes = 1000;
  const std::string chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::size_t piece : {1U, 1000U}) {
    EXPECT_EQ(fault(chunked + "2\r\n12\r\n2\r\n34\r\n0\r\n\r\n", piece), 0);
    EXPECT_EQ(fault(chunked + "2\r\n12\r\n3\r\n345\r\n0\r\n\r\n", piece), 413);
    EXPECT_EQ(fault(chunked + "ffffffffffffffff\r\n", piece), 413);
    EXPECT_EQ(fault(chunked + "2;" + std::string(3000, 'x'), piece), 400) << "endless extension";
    EXPECT_EQ(fault(chunked + "0\r\nX: " + std::string(3000, 'x'), piece), 431) << "endless trailer";
  }
}

/// So many fields of 120 bytes, with names that differ in their last letters only.
std::string head_with_fields(std::size_t count) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 0; i < count; ++i) {
    head += std::string(100, 'x') + std::to_string(1000 + i) + ": v" + std::to_string(i) + "\r\n";
  }
  return head + "\r\n";
}

TEST(RequestParser, RefusesMoreThanAHundredFields) {
  EXPECT_EQ(parse(head_with_fields(99), 1000).requests, 1);
  EXPECT_EQ(parse(head_with_fields(100), 1000).fault, 431);
  std::string same = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) same += "a: b\r\n";
  EXPECT_EQ(parse(same + "\r\n", 1000).fault, 431) << "equal names are fields of their own on the way here";
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(RequestParser, RefusesPartsThatCostMoreThanTheirBytes) {
  const auto get = [](const std::string& target, const std::string& connection = "close") {
    return parse("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: " + connection + "\r\n\r\n", 20'000);
  };
  EXPECT_EQ(get(repeated("/a", 100)).requests, 1);
  EXPECT_EQ(get(repeated("/a", 101)).fault, 414);
  EXPECT_EQ(get("http://a" + repeated("/a", 101)).fault, 414);
  EXPECT_EQ(get("/?" + repeated("/", 7000)).requests, 1) << "a slash in a query is a letter";
  EXPECT_EQ(get("/?a" + repeated("&a", 999)).requests, 1);
  EXPECT_EQ(get("/?a" + repeated("&a", 1000)).fault, 414);
  EXPECT_EQ(get("/", "close" + repeated(",a", 99)).requests, 1);
  EXPECT_EQ(get("/", "close" + repeated(",a", 100)).fault, 400);
}

TEST(RequestParser, JoinsFieldsOfOneNameOnly) {
  const Parsed many = parse_one(head_with_fields(99));
  ASSERT_EQ(many.fields.size(), 100U);
  EXPECT_EQ(many.fields[1].second, "v0");
  EXPECT_EQ(many.fields[99].second, "v98");
  const Parsed joined =
      parse_one("GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-two: 2\r\nX-ONE: 3\r\nX-Two: 4\r\n\r\n");
  ASSERT_EQ(joined.fields.size(), 3U);
  EXPECT_EQ(find_field(joined, "x-one"), "1, 3");
  EXPECT_EQ(find_field(joined, "X-TWO"), "2, 4");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
