#include <kymo/log/context.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kept_lines.h"

namespace kymo::KYMO_ABI::log {
namespace {

using namespace std::string_literals;

/// What an event of this thread looks like now.
std::string event(std::initializer_list<Field> fields = {}) {
  KeptLines lines;
  lines.logger().log(Level::info, "m", fields);
  return lines.last();
}

TEST(Context, EveryEventOfTheThreadCarriesIt) {
  EXPECT_EQ(event(), "m");
  {
    const ContextScope scope{{"session", "s-1"}, {"peer", 7}};
    EXPECT_EQ(event(), "m session=s-1 peer=7");
    EXPECT_EQ(event({{"port", 1}}), "m port=1 session=s-1 peer=7");
  }
  EXPECT_EQ(event(), "m");
}

TEST(Context, ScopesNestAndTheInnerValueStandsInFront) {
  const ContextScope outer{{"session", "a"}, {"peer", "p"}};
  {
    const ContextScope inner{{"session", "b"}, {"trace_id", "t"}};
    EXPECT_EQ(event(), "m peer=p session=b trace_id=t");
  }
  EXPECT_EQ(event(), "m session=a peer=p");
}

TEST(Context, AnEventsOwnFieldWins) {
  const ContextScope scope{{"session", "a"}, {"peer", "p"}};
  EXPECT_EQ(event({{"session", "own"}}), "m session=own peer=p");
}

TEST(Context, TheLastOfAKeyThatStandsTwiceIsTaken) {
  const ContextScope scope{{"k", 1}, {"k", 2}};
  EXPECT_EQ(event(), "m k=2");
}

TEST(Context, KeysAndValuesAreCopied) {
  std::optional<ContextScope> scope;
  {
    std::string key = "a key that is longer than what a string holds in itself";
    std::string value = "a value that is longer than what a string holds in itself";
    scope.emplace(std::initializer_list<Field>{{key, value}});
    std::ranges::fill(key, 'x');
    std::ranges::fill(value, 'x');
  }
  EXPECT_EQ(current_context().fields()[0].key, "a key that is longer than what a string holds in itself");
  EXPECT_EQ(std::get<std::string_view>(current_context().fields()[0].value.get()),
            "a value that is longer than what a string holds in itself");
}

TEST(Context, EveryTypeOfValueIsKept) {
  const ContextScope scope{{"i", -5}, {"u", 5U}, {"d", 0.5}, {"b", true}, {"s", ""}};
  EXPECT_EQ(event(), "m i=-5 u=5 d=0.5 b=true s=\"\"");
}

TEST(Context, AnotherThreadHasItsOwn) {
  const ContextScope scope{{"session", "a"}};
  std::string seen;
  std::thread([&] { seen = event(); }).join();
  EXPECT_EQ(seen, "m");
}

TEST(Context, WhatIsBoundRunsUnderTheContextWhereverItRuns) {
  auto bound = [] {
    const ContextScope scope{{"session", "a"}};
    return bind_context([](int number) { return event({{"n", number}}); });
  }();
  EXPECT_EQ(event(), "m");
  std::string seen;
  std::thread([&] {
    const ContextScope own{{"worker", 1}};
    seen = bound(3);
    seen += " / " + event();
  }).join();
  EXPECT_EQ(seen, "m n=3 session=a / m worker=1");
}

TEST(Context, WhatIsBoundMayThrowAndTakeWhatCannotBeCopied) {
  auto bound = [] {
    const ContextScope scope{{"session", "a"}};
    return bind_context([](std::unique_ptr<int> number) -> int { throw *number; });
  }();
  EXPECT_THROW((void)bound(std::make_unique<int>(1)), int);
  EXPECT_EQ(event(), "m");
}

TEST(Context, AScopeThatEndsEndsThoseInside) {
  std::optional<ContextScope> outer;
  outer.emplace(std::initializer_list<Field>{{"outer", 1}});
  std::optional<ContextScope> inner;
  inner.emplace(std::initializer_list<Field>{{"inner", 1}});
  outer.reset();
  EXPECT_EQ(event(), "m");
  const ContextScope other{{"other", 1}};
  inner.reset();
  EXPECT_EQ(event(), "m other=1");
}

TEST(Context, AScopeThatEndsOnAnotherThreadChangesNothingThere) {
  std::optional<ContextScope> scope;
  std::thread([&] {
    const ContextRestore nothing_stays{Context()};
    scope.emplace(std::initializer_list<Field>{{"a", 1}});
  }).join();
  const ContextScope own{{"b", 2}};
  scope.reset();
  EXPECT_EQ(event(), "m b=2");
}

TEST(Context, ASinkMayHaveScopesOfItsOwn) {
  std::vector<std::string> seen;
  const Logger inner([&](const Record& record) { seen.push_back(format_event(record)); });
  const Logger outer([&](const Record& record) {
    const ContextScope scope{{"sink", 1}};
    inner.info("inner");
    seen.push_back(format_event(record));
  });
  const ContextScope scope{{"session", "a"}};
  outer.info("outer");
  EXPECT_EQ(seen, (std::vector<std::string>{"inner session=a sink=1", "outer session=a"}));
}

bool is_one_line(const std::string& line) {
  return std::ranges::count(line, '\n') == 1 && line.back() == '\n' && line.size() <= kMaxLineBytes;
}

RC_GTEST_PROP(ContextProperty, AnyBytesGiveOneLineThatAJsonParserReads,
              (const std::vector<std::pair<std::string, std::string>>& pairs, const std::string& key,
               const std::string& value, const std::string& message)) {
  std::vector<std::string> lines;
  const Logger logger([&](const Record& record) {
    lines = {format_line(record, Format::text), format_line(record, Format::json)};
  });
  std::vector<std::unique_ptr<ContextScope>> scopes;
  for (const auto& [name, text] : pairs) {
    scopes.push_back(std::make_unique<ContextScope>(std::initializer_list<Field>{{name, text}}));
  }
  logger.info(message, {{key, value}});
  while (!scopes.empty()) scopes.pop_back();
  RC_ASSERT(lines.size() == 2U && is_one_line(lines[0]) && is_one_line(lines[1]));
  boost::system::error_code error;
  const auto parsed = boost::json::parse(lines[1], error);
  RC_ASSERT(!error && parsed.is_object());
  RC_ASSERT(current_context().empty());
}

RC_GTEST_PROP(ContextProperty, EachKeyHasTheInnermostValue,
              (const std::vector<std::pair<std::uint8_t, int>>& pairs)) {
  std::vector<std::pair<std::string, std::int64_t>> model;
  std::vector<std::unique_ptr<ContextScope>> scopes;
  for (const auto& [number, value] : pairs) {
    const std::string key = std::to_string(number % 4);
    std::erase_if(model, [&](const auto& entry) { return entry.first == key; });
    model.emplace_back(key, value);
    scopes.push_back(std::make_unique<ContextScope>(std::initializer_list<Field>{{key, value}}));
    std::vector<std::pair<std::string, std::int64_t>> seen;
    for (const Field& field : current_context().fields()) {
      seen.emplace_back(field.key, std::get<std::int64_t>(field.value.get()));
    }
    RC_ASSERT(seen == model);
  }
  while (!scopes.empty()) scopes.pop_back();
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
