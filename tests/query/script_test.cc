#include <kymo/query/script.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/query/parser.h>
#include <kymo/query/printer.h>

#include "conformance.h"

namespace {

namespace query = kymo::query;
using query::ScriptSamples;

constexpr std::string_view kScript = R"(# a comment
load 1m30s
    x{env="prod"}  5 2+3x2 _ stale _x3 -1-2x1 NaN +Inf
    {"a_b",le="1"}@st -1m -30s-1mx2
    {"a_b",le="1"} 1x3

clear
load_with_nhcb 10s
  h {{schema:-53 sum:-3.5 count:22 buckets:[5 10 7] custom_values:[-2 3e1]}} {{}}+{{sum:2 counter_reset_hint:gauge}}x4
  n {{ n_offset:-1 n_buckets:[1 Inf] offset:2 z_bucket:1 z_bucket_w:0.001 }}x2

eval instant at 5m sum by (env) (x)
  expect warn msg: PromQL warning: odd (1:5)
  expect info regex: .* \(1:[0-9]+\)
  expect ordered
  {env="prod"} 5

eval range from 0 to 10m step 30s x
  x 1 2 3

eval instant at 0 "a"
  expect string "a\n"

eval instant at 1m x[1m]
  expect range vector from 10s to 1m step 10s
  x 2 3 4

eval instant at 1m 1/0
  +Inf

eval_fail instant at 1m ceil(x)
  expected_fail_message no
)";

std::vector<query::ScriptCommand> commands() { return query::read_script(kScript); }

TEST(Script, ReadsSamples) {
  const auto script = commands();
  ASSERT_EQ(script.size(), 9U);
  const auto& load = std::get<query::LoadCommand>(script[0]);
  EXPECT_EQ(load.line, 2U);
  EXPECT_EQ(load.interval_milliseconds, 90'000);
  ASSERT_EQ(load.series.size(), 2U);
  EXPECT_EQ(load.series[0].labels.to_string(), "x{env=\"prod\"}");
  const auto& samples = load.series[0].samples;
  ASSERT_EQ(samples.size(), 8U);
  EXPECT_EQ(samples[1].value, 2);
  EXPECT_EQ(samples[1].step, 3);
  EXPECT_EQ(samples[1].count, 3U);
  EXPECT_EQ(samples[2].kind, ScriptSamples::Kind::omitted);
  EXPECT_EQ(samples[3].kind, ScriptSamples::Kind::stale);
  EXPECT_EQ(samples[4].count, 3U);
  EXPECT_EQ(samples[5].step, -2);
  EXPECT_TRUE(std::isnan(samples[6].value));
  EXPECT_TRUE(std::isinf(samples[7].value));
  const auto& starts = load.series[1].starts;
  ASSERT_EQ(starts.size(), 2U);
  EXPECT_EQ(starts[1].milliseconds, -30'000);
  EXPECT_EQ(starts[1].step_milliseconds, -60'000);
  EXPECT_EQ(starts[1].count, 3U);
}

TEST(Script, ReadsHistograms) {
  const auto script = commands();
  const auto& load = std::get<query::LoadCommand>(script[2]);
  EXPECT_TRUE(load.with_custom_buckets);
  const auto& first = load.series[0].samples[0].histogram;
  EXPECT_EQ(first.schema, -53);
  EXPECT_EQ(first.sum, -3.5);
  EXPECT_EQ(first.buckets, (std::vector<double>{5, 10, 7}));
  EXPECT_EQ(first.custom_values, (std::vector<double>{-2, 30}));
  EXPECT_FALSE(first.reset_hint);
  const auto& grown = load.series[0].samples[1];
  EXPECT_EQ(grown.count, 5U);
  EXPECT_EQ(grown.histogram_step->sum, 2);
  EXPECT_EQ(grown.histogram_step->reset_hint, query::ScriptHistogram::ResetHint::gauge);
  const auto& negative = load.series[1].samples[0].histogram;
  EXPECT_EQ(negative.negative_offset, -1);
  EXPECT_EQ(negative.offset, 2);
  EXPECT_EQ(negative.zero_width, 0.001);
}

TEST(Script, ReadsEvaluations) {
  using Expectation = query::ScriptExpectation;
  const auto script = commands();
  const auto& sum = std::get<query::EvalCommand>(script[3]);
  EXPECT_EQ(sum.query, "sum by (env) (x)");
  EXPECT_EQ(sum.times.end_milliseconds, 300'000);
  ASSERT_EQ(sum.expectations.size(), 3U);
  EXPECT_EQ(sum.expectations[0].match, Expectation::Match::text);
  EXPECT_EQ(sum.expectations[0].text, "PromQL warning: odd (1:5)");
  EXPECT_EQ(sum.expectations[1].match, Expectation::Match::pattern);
  EXPECT_EQ(sum.expectations[2].kind, Expectation::Kind::ordered);
  EXPECT_EQ(sum.series.size(), 1U);
  const auto& range = std::get<query::EvalCommand>(script[4]);
  EXPECT_TRUE(range.is_range);
  EXPECT_EQ(range.times.step_milliseconds, 30'000);
  EXPECT_EQ(std::get<query::EvalCommand>(script[5]).string, "a\n");
  EXPECT_EQ(std::get<query::EvalCommand>(script[6]).range_vector->start_milliseconds, 10'000);
  EXPECT_TRUE(std::isinf(*std::get<query::EvalCommand>(script[7]).number));
  EXPECT_EQ(std::get<query::EvalCommand>(script[8]).expectations[0].text, "no");
}

TEST(Script, ErrorsNameTheLine) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"\nlod 1m", "line 2: unknown command \"lod\"; use load, clear or eval"},
      {"load 1x", "line 1: malformed interval \"1x\""},
      {"load 1m\n x{a=} 1", "line 2: label \"a\" without a value in quotes"},
      {"load 1m\n x 1+2", "line 2: sample without a number of repetitions"},
      {"load 1m\n x abc", "line 2: unexpected \"abc\"; expected a number"},
      {"load 1m\n x 1y", "line 2: unexpected \"y\" behind a sample"},
      {"load 1m\n x {{schema:1", "line 2: histogram without an end"},
      {"load 1m\n x {{sum:1 sum:2}}", "line 2: histogram with two keys \"sum\""},
      {"load 1m\n x {{sums:1}}", "line 2: histogram with an unknown key \"sums\""},
      {"load 1m\n x@st -1m\n y 1", "line 3: samples of another series than the @st line before"},
      {"load 1m\n x@st -1m", "line 2: @st line without samples"},
      {"load 1m\n x@st -1mx2\n x 1", "line 3: @st line of 3 start times before 1 samples"},
      {"eval at 5m x", "line 1: malformed eval"},
      {"eval instant 5m x", "line 1: unexpected \"5m\"; expected \"at\""},
      {"eval instant at 5m", "line 1: eval without a query"},
      {"eval instant at 5m x\n x 1 2", "line 2: several samples of an instant query"},
      {"eval range from 5m to 1m step 1m x", "line 1: end before start"},
      {"eval instant at 5m x\n expect warns", "line 2: unknown expectation \"warns\""},
      {"eval instant at 5m x\n expect warn regex: (", "line 2: malformed regular expression"},
      {"eval instant at 5m x\n expect warn\n expect no_warn",
       "line 3: expect warn and expect no_warn together"},
      {"eval_nothing instant at 5m x", "line 1: unknown command \"eval_nothing\""},
  };
  for (const auto& [text, error] : cases) {
    try {
      static_cast<void>(query::read_script(text));
      ADD_FAILURE() << "was taken: " << text;
    } catch (const query::ScriptError& fault) {
      EXPECT_THAT(fault.what(), testing::StartsWith(std::string(error))) << text;
    }
  }
}

/// Of scripts that Prometheus passes, every query parses: its runner parses a query before it expects a
/// failure.
TEST(Script, ReadsAllOfPrometheus) {
  if (conformance::folder().empty()) GTEST_SKIP() << "no ../shared/conformance; KYMO_CONFORMANCE may name it";
  constexpr query::ParseOptions kExperimental{.takes_experimental = true};
  std::size_t queries = 0;
  for (const auto& path : conformance::scripts()) {
    for (const auto& command : query::read_script(conformance::content_of(path))) {
      const auto* const eval = std::get_if<query::EvalCommand>(&command);
      if (eval == nullptr) continue;
      ++queries;
      SCOPED_TRACE(path.filename().string() + ":" + std::to_string(eval->line) + ": " + eval->query);
      try {
        const auto parsed = query::parse(eval->query, kExperimental);
        EXPECT_TRUE(query::same(*parsed, *query::parse(query::print(*parsed), kExperimental)));
        EXPECT_TRUE(query::same(*parsed, *query::parse(query::pretty_print(*parsed), kExperimental)));
      } catch (const query::QueryError& error) {
        ADD_FAILURE() << error.what();
      }
    }
  }
  EXPECT_GE(queries, 2027U);
}

}  // namespace
