#include <kymo/query/parser.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/query/printer.h>

namespace {

namespace query = kymo::query;
using query::ValueType;

constexpr query::ParseOptions kExperimental{.takes_experimental = true};

std::string error_of(std::string_view text, const query::ParseOptions& options = kExperimental) {
  try {
    return "none: " + query::print(*query::parse(text, options));
  } catch (const query::QueryError& error) {
    return error.what();
  }
}

/// The canonical text, with parentheses around each operation, so that it shows how operators bind.
std::string shape(const query::Expression& expression) {
  if (const auto* const binary = expression.as<query::Binary>()) {
    return "(" + shape(*binary->left) + std::string(binary->op->text) + shape(*binary->right) + ")";
  }
  if (const auto* const unary = expression.as<query::Unary>()) {
    return std::string(unary->is_negative ? "(-" : "(+") + shape(*unary->operand) + ")";
  }
  return query::print(expression);
}

std::string shape(std::string_view text) { return shape(*query::parse(text, kExperimental)); }

TEST(Parser, OperatorsBindAsInPrometheus) {
  EXPECT_EQ(shape("a + b * c ^ d"), "(a+(b*(c^d)))");
  EXPECT_EQ(shape("a ^ b ^ c"), "(a^(b^c))");
  EXPECT_EQ(shape("a - b - c"), "((a-b)-c)");
  EXPECT_EQ(shape("a or b and c unless d"), "(aor((bandc)unlessd))");
  EXPECT_EQ(shape("a > b + c or d"), "((a>(b+c))ord)");
  EXPECT_EQ(shape("a atan2 b * c % d"), "(((aatan2b)*c)%d)");
  EXPECT_EQ(shape("a </ b >/ c == d"), "(((a</b)>/c)==d)");
  EXPECT_EQ(shape("-a ^ b"), "(-(a^b))");
  EXPECT_EQ(shape("-a * b"), "((-a)*b)");
  EXPECT_EQ(shape("a ^ -b * c"), "((a^(-b))*c)");
  EXPECT_EQ(shape("-1 ^ 2"), "(-(1^2))");
  EXPECT_EQ(shape("- -1"), "1");
  EXPECT_EQ(shape("a + b offset 5m"), "(a+b offset 5m)");
  EXPECT_EQ(shape("a offset 5m + 2"), "(a offset 5m+2)");
  EXPECT_EQ(shape("a offset -2 ^ 2"), "(a offset -2s^2)");
  EXPECT_EQ(shape("a Or b AND c"), "(aor(bandc))");
}

TEST(Parser, ReadsNumbers) {
  const std::vector<std::pair<std::string_view, double>> cases = {
      {"1", 1},           {"1.", 1},
      {".5", 0.5},        {"0x1F", 31},
      {"0X_1f", 31},      {"017", 15},
      {"08", 8},          {"1_000", 1000},
      {"1_0.2_5", 10.25}, {"1e3", 1000},
      {"1E-1", 0.1},      {"-1", -1},
      {"5m", 300},        {"1h30m", 5400},
      {"1y", 31536000},   {"1w2d", 777600},
      {"250ms", 0.25},    {"-5m", -300},
      {"0xe", 14},        {"12345678901234567890", 12345678901234567890.0}};
  for (const auto& [text, value] : cases) {
    const auto parsed = query::parse(text);
    ASSERT_NE(parsed->as<query::NumberLiteral>(), nullptr) << text;
    EXPECT_EQ(parsed->as<query::NumberLiteral>()->value, value) << text;
  }
  EXPECT_TRUE(std::isinf(query::parse("inF")->as<query::NumberLiteral>()->value));
  EXPECT_TRUE(std::isnan(query::parse("nan")->as<query::NumberLiteral>()->value));
  for (const std::string_view text : {"1__0", "1_", "1_.5", "1e", "1.2.3", "0x", "1e999", "5m1h", "1.5m",
                                      "5x", "0b1", "0x1.8", "1d2", "300y"}) {
    EXPECT_THAT(error_of(text), testing::StartsWith("malformed number")) << text;
  }
}

TEST(Parser, ReadsTexts) {
  const auto text_of = [](std::string_view text) {
    return query::parse(text)->as<query::StringLiteral>()->value;
  };
  EXPECT_EQ(text_of(R"("a\n\t\"\\\x41\101\u00e9\U0001F600")"), "a\n\t\"\\AA\u00e9\U0001F600");
  EXPECT_EQ(text_of(R"('it\'s "so"')"), "it's \"so\"");
  EXPECT_EQ(text_of("`a\\n\n\"'`"), "a\\n\n\"'");
  EXPECT_EQ(text_of(R"("\xff")"), "\xff");
  for (const std::string_view text :
       {"\"a", "'a\"", "\"a\nb\"", R"("\q")", R"("\'")", R"("\x4")", R"("\ud800")", R"("\U00110000")",
        R"("\400")", "`a", "\"\xff\"", "\"\\"}) {
    EXPECT_THAT(error_of(text), testing::StartsWith("text ")) << text;
  }
}

TEST(Parser, ReadsSelectors) {
  const auto parsed = query::parse(R"(up{job="a",le!='b',x=~"c.*",y!~`d`,} )");
  const auto& selector = *parsed->as<query::Selector>();
  EXPECT_EQ(selector.name, "up");
  ASSERT_EQ(selector.matchers.size(), 5U);
  EXPECT_TRUE(selector.matchers[2].matches("cab"));
  EXPECT_TRUE(selector.matchers[2].matches("ca\nb")) << "a dot matches a line break";
  EXPECT_FALSE(selector.matchers[2].matches("xcab")) << "anchored at both ends";
  EXPECT_FALSE(selector.matchers[3].matches("d"));
  EXPECT_EQ(selector.matchers[4].key(), "__name__");

  EXPECT_EQ(query::print(*query::parse(R"({"my metric", "a.b"="c", on="d"})")),
            R"({"a.b"="c",__name__="my metric",on="d"})");
  for (const std::string_view name : {"sum", "by", "and", "or", "offset", "start", "step", "fill", "anchored",
                                      "without", "a:b", ":", "max_of", "limitk", "Sum"}) {
    const auto named = query::parse(name);
    ASSERT_NE(named->as<query::Selector>(), nullptr) << name;
    EXPECT_EQ(named->as<query::Selector>()->name, name);
  }
  for (const std::string_view name : {"on", "bool", "ignoring", "group_left", "group_right", "atan2"}) {
    EXPECT_THAT(error_of(name), testing::HasSubstr("{\"" + std::string(name) + "\"}")) << name;
  }
}

TEST(Parser, ReadsRangesOffsetsAndTimes) {
  const auto canonical = [](std::string_view text) {
    return query::print(*query::parse(text, kExperimental));
  };
  EXPECT_EQ(canonical("up[300]"), "up[5m]");
  EXPECT_EQ(canonical("up[1h] @ 1.5 offset -5m"), "up[1h] @ 1.500 offset -5m");
  EXPECT_EQ(canonical("up offset 1d @ end()"), "up @ end() offset 1d");
  EXPECT_EQ(canonical("up @ -0.25"), "up @ -0.250");
  EXPECT_EQ(canonical("rate(up[5m])[1h:] offset 90d"), "rate(up[5m])[1h:] offset 90d");
  EXPECT_EQ(canonical("up[step():1m]"), "up[step():1m]");
  EXPECT_EQ(canonical("up[2m*(10+5)-step():max_of(1, range())]"),
            "up[2m * (10 + 5) - step():max_of(1, range())]");
  EXPECT_EQ(canonical("up offset -(2^2)"), "up offset -(2 ^ 2)");
  EXPECT_EQ(canonical("up offset -step()"), "up offset -step()");
  EXPECT_EQ(canonical("up offset (5)"), "up offset (5)");
  EXPECT_EQ(canonical("up offset (5) + 1"), "up offset (5) + 1");
  EXPECT_EQ(canonical("up offset +(5) + up"), "up offset +(5) + up");
  EXPECT_THAT(error_of("up offset (5) + up"), testing::HasSubstr("in duration"));
  EXPECT_EQ(canonical("up offset 0"), "up");
  EXPECT_EQ(canonical("up[7d] anchored"), "up[1w] anchored");
  EXPECT_EQ(canonical("up smoothed offset 5m"), "up smoothed offset 5m");
  EXPECT_EQ(canonical("up # a comment\n[5m # another\n]"), "up[5m]");
}

TEST(Parser, ReadsAggregations) {
  const auto canonical = [](std::string_view text) {
    return query::print(*query::parse(text, kExperimental));
  };
  EXPECT_EQ(canonical("sum(up) by (job,)"), "sum by (job) (up)");
  EXPECT_EQ(canonical("SUM by(job) (up)"), "sum by (job) (up)");
  EXPECT_EQ(canonical("topk without () (5, up)"), "topk without () (5, up)");
  EXPECT_EQ(canonical("sum by (\"a.b\", on, inf) (up)"), "sum by (\"a.b\", on, inf) (up)");
  EXPECT_EQ(canonical("count_values(\"v\", up)"), "count_values(\"v\", up)");
  EXPECT_EQ(canonical("a / on(x) group_left(y, z) b"), "a / on (x) group_left (y, z) b");
  EXPECT_EQ(canonical("a == bool ignoring(x) group_right b"), "a == bool ignoring (x) group_right () b");
  EXPECT_EQ(canonical("a + fill_right(2) fill_left(-1) b"), "a + fill_left (-1) fill_right (2) b");
  EXPECT_EQ(canonical("a + fill (1m) b"), "a + fill (60) b");
  EXPECT_EQ(canonical("fill + fill"), "fill + fill");
  EXPECT_EQ(canonical("1 + on() up"), "1 + up");
}

TEST(Parser, KnowsPositionsAndTypes) {
  const auto parsed = query::parse(" sum( rate(x[5m] offset 1m) ) by (a) + 2 ");
  EXPECT_EQ(parsed->span, (query::Span{1, 40}));
  EXPECT_EQ(parsed->type, ValueType::vector);
  const auto& sum = *parsed->as<query::Binary>()->left;
  EXPECT_EQ(sum.span, (query::Span{1, 36}));
  const auto& rate = *sum.as<query::Aggregation>()->operand;
  EXPECT_EQ(rate.span, (query::Span{6, 27}));
  const auto& range = *rate.as<query::Call>()->arguments.front();
  EXPECT_EQ(range.span, (query::Span{11, 26}));
  EXPECT_EQ(range.type, ValueType::matrix);
  EXPECT_EQ(parsed->depth, 4);
}

TEST(Parser, ErrorsNamePositionCauseAndRemedy) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"rat(x[5m])", "unknown function \"rat\" at 1:1; did you mean \"rate\"?"},
      {"1 +\n rat(x)", "unknown function \"rat\" at 2:2; did you mean \"rate\"?"},
      {"{\"é\"} + rat(x)", "unknown function \"rat\" at 1:9; did you mean \"rate\"?"},
      {"", "empty query at 1:1; write an expression such as rate(x_total[5m])"},
      {"rate(x)", "instant vector in a call of \"rate\" at 1:6; expected range vector"},
      {"abs()", "\"abs\" with 0 arguments at 1:1; expected 1"},
      {"round(x, 1, 2)", "\"round\" with 3 arguments at 1:1; expected 1 to 2"},
      {"label_join(x)", "\"label_join\" with 1 arguments at 1:1; expected at least 3"},
      {"sum(x,)",
       "unexpected \")\" in arguments of sum at 1:7; expected one more argument, or no comma before it"},
      {"topk(x)", "\"topk\" with 1 arguments at 1:1; write a parameter and an instant vector"},
      {"topk(\"a\", x)", "string in the parameter of aggregator \"topk\" at 1:6; expected scalar"},
      {"1 > 2", "comparison of two scalars without bool at 1:3; write > bool"},
      {"x + bool y", "bool behind \"+\" at 1:3; use it with == != < <= > >= only"},
      {"x and 1", "\"and\" beside a scalar at 1:1; use it between instant vectors"},
      {"x and on(a) group_left y", "group_left or group_right with \"and\" at 1:1; remove the modifier"},
      {"x + on(a) 1", "on or ignoring beside a scalar at 1:1; use it between instant vectors"},
      {"x + on(a) group_left(a) y",
       "label \"a\" in on() and in group_left() or group_right() at 1:3; name the label in one of them"},
      {"{a=\"\"}",
       "selector of all series at 1:1; name a metric, or add a matcher that refuses the empty value"},
      {"{}", "selector of all series at 1:1; name a metric, or add a matcher that refuses the empty value"},
      {"x{__name__=\"y\"}",
       "metric with two names, \"x\" among them at 1:1; write the name before the braces or in them"},
      {"x{a=~\"(\"}",
       "malformed regular expression, missing ): ( at 1:6; see the syntax of RE2, or use = and !="},
      {"x{a}", "unexpected \"}\" in selector at 1:4; expected one of = != =~ !~"},
      {"x{,}", "unexpected \",\" in selector at 1:3; expected a label, a quoted name or \"}\""},
      {"x[5m][5m]", "range behind an expression at 1:6; add a colon for a subquery, such as [5m:]"},
      {"x offset 5m [5m]", "offset before the range at 1:13; move it behind the bracket"},
      {"x @ 1 [5m]", "@ before the range at 1:7; move it behind the bracket"},
      {"x offset 1m offset 2m", "two offsets at 1:13; keep one"},
      {"x @ 1 @ 2", "two times behind @ at 1:7; keep one"},
      {"(x) offset 5m", "\"offset\" behind an expression at 1:5; write it behind a selector or a subquery"},
      {"x[0]", "duration that is not above 0 at 1:3; write one such as 5m"},
      {"x[5m/0]", "division by zero in a duration at 1:5; divide by another number"},
      {"x[5m",
       "unexpected end of the query in range at 1:5; expected \"]\", or \":\" and the step of a subquery"},
      {"x[1m:2m] smoothed", "\"smoothed\" behind an expression at 1:10; write it behind a selector"},
      {"x anchored smoothed", "anchored and smoothed together at 1:12; keep one"},
      {"x @ inf", "time behind @ out of range at 1:5; write seconds since 1970"},
      {"-\"a\"", "string behind a sign at 1:2; expected scalar or instant vector"},
      {"x[5m] + 1", "range vector beside \"+\" at 1:1; expected scalar or instant vector"},
      {"1[5m:]", "scalar in a subquery at 1:1; expected instant vector"},
      {"(x", "unexpected end of the query in parentheses at 1:3; expected an operator or \")\""},
      {"x)", "unexpected \")\" in query at 1:2; expected an operator or the end"},
      {"x y", "unexpected \"y\" in query at 1:3; expected an operator or the end"},
      {"x = 1", "unexpected \"=\" in query at 1:3; expected an operator or the end"},
      {"é", "unexpected character \"é\" at 1:1; put names with such characters in quotes and braces"},
      {"info(x, y)",
       "second argument of \"info\" that is no list of labels at 1:9; write one such as {k8s_pod=~\".+\"}"},
      {"sum by (1) (x)", "unexpected \"1\" in list of labels at 1:9; expected a label or \")\""},
      {"sum by (\"\") (x)", "invalid label \"\" at 1:9; name a label with UTF-8 characters"},
  };
  for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Parser, ExperimentalPartsNeedAnOption) {
  for (const std::string_view text :
       {"limitk(1, x)", "limit_ratio(0.5, x)", "info(x)", "info(x, {a=\"\"})", "rate(x[5m] anchored)",
        "x smoothed", "x + fill(1) y", "step()", "start()", "max_of(1, 2)", "mad_over_time(x[5m])",
        "sort_by_label(x, \"a\")"}) {
    EXPECT_THAT(error_of(text, {}), testing::HasSubstr("is experimental")) << text;
    EXPECT_THAT(error_of(text), testing::StartsWith("none: ")) << text;
  }
}

std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

TEST(Parser, RefusesDeepQueries) {
  constexpr std::size_t kMany = 100'000;
  for (const std::string& text :
       {repeated("(", kMany) + "x" + repeated(")", kMany), repeated("-", kMany) + "x",
        "x" + repeated("+x", kMany), "x" + repeated("^x", kMany), repeated("abs(", kMany),
        "x" + repeated("[1m:]", kMany), repeated("sum(", kMany), "x + x" + repeated(" or x", kMany)}) {
    EXPECT_THAT(error_of(text),
                testing::AnyOf(testing::HasSubstr("deeper than 500"), testing::HasSubstr("subquery")))
        << text.substr(0, 20);
  }
  for (const std::string& inside : {repeated("(", kMany), repeated("-", kMany), "1" + repeated("+1", kMany),
                                    "1" + repeated("^1", kMany), repeated("max_of(1,", kMany)}) {
    EXPECT_THAT(error_of("x[" + inside), testing::AnyOf(testing::HasSubstr("deeper than 500"),
                                                        testing::HasSubstr("more than 500 parts")))
        << inside.substr(0, 20);
    EXPECT_THAT(error_of("x offset -" + inside), testing::HasSubstr(" at 1:")) << inside.substr(0, 20);
  }
  EXPECT_THAT(error_of("x" + repeated("+x", 400)), testing::StartsWith("none: "));
  EXPECT_THAT(error_of(repeated("(", 400) + "x" + repeated(")", 400)), testing::StartsWith("none: "));
}

TEST(Parser, RefusesLongQueries) {
  EXPECT_EQ(error_of("x{a=\"b\"}", {.max_bytes = 7}), "query of 8 bytes; the limit is 7");
  EXPECT_THAT(error_of("x{a=\"b\"}", {.max_bytes = 8}), testing::StartsWith("none: "));
}

TEST(Parser, ReadsOneSelector) {
  EXPECT_EQ(query::parse_selector("up{a=\"b\"}").size(), 2U);
  for (const std::string_view text : {"", "up[5m]", "up + up", "rate(x)", "{}", "1", "on"}) {
    EXPECT_THROW(static_cast<void>(query::parse_selector(text)), query::QueryError) << text;
  }
}

}  // namespace
