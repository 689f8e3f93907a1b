#include <kymo/query/printer.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/query/parser.h>

namespace {

namespace query = kymo::query;

constexpr query::ParseOptions kExperimental{.takes_experimental = true};

/// Writes random queries that the parser takes, mostly.
class QueryMaker {
 public:
  std::string vector(int depth) {
    if (depth <= 0) return selector() + shift();
    switch (*rc::gen::inRange(0, 12)) {
      case 0: return "(" + vector(depth - 1) + ")";
      case 1: return sign() + vector(depth - 1);
      case 2: return vector(depth - 1) + blank() + arithmetic() + matching() + vector(depth - 1);
      case 3: return vector(depth - 1) + blank() + one_of({"and", "or", "unless"}) + " " + vector(depth - 1);
      case 4: return scalar(depth - 1) + blank() + arithmetic() + " " + vector(depth - 1);
      case 5: return one_of({"sum", "AVG", "group", "stddev"}) + grouping() + "(" + vector(depth - 1) + ")";
      case 6:
        return one_of({"topk", "quantile", "limitk"}) + "(" + scalar(depth - 1) + ", " + vector(depth - 1) +
               ")" + grouping();
      case 7: return one_of({"rate", "max_over_time", "absent_over_time"}) + "(" + matrix(depth - 1) + ")";
      case 8:
        return "label_replace(" + vector(depth - 1) + "," + text() + "," + text() + "," + text() + "," +
               text() + ")";
      case 9: return "count_values" + grouping() + "(" + text() + ", " + vector(depth - 1) + ")";
      case 10:
        return vector(depth - 1) + blank() + one_of({"==", "!=", "<", ">="}) + one_of({"", " bool"}) +
               matching() + vector(depth - 1);
      default: return "histogram_quantile(" + scalar(depth - 1) + ", " + vector(depth - 1) + ")";
    }
  }

 private:
  static std::string one_of(const std::vector<std::string>& choices) { return *rc::gen::elementOf(choices); }
  static std::string blank() { return one_of({" ", " ", "\n", " # why\n"}); }
  static std::string sign() { return one_of({"-", "+", "- "}); }
  static std::string arithmetic() { return one_of({"+", "-", "*", "/", "%", "^", "atan2", "</", ">/"}); }
  static std::string name() {
    return one_of({"up", "x_total", "sum", "offset", "job:x:rate5m", "by", "start", "fill", "Or"});
  }
  static std::string number() {
    return one_of({"1", "0.5", "-3", "1e-9", "0x1F", "017", "Inf", "-Inf", "NaN", "5m", "-1h30m", "1_000",
                   "1e300", "-0"});
  }
  static std::string text() {
    return one_of({"\"a\"", "'b\\'c'", "`d\\e`", "\"\\xff\\u00e9\\n\\x7f\"", "\"\"", "\"\\ufffd\\\"\""});
  }
  static std::string label() { return one_of({"job", "on", "le", "\"a.b\"", "by", "inf", "\"with space\""}); }
  static std::string matcher() {
    return label() + one_of({"=", "!="}) + text() + one_of({"", ",code=~\"5..\"", ",x!~'a|b'"});
  }
  static std::string selector() {
    return one_of({name(), name() + "{" + matcher() + "}", "{" + text() + ",job=\"a\"}",
                   "{" + matcher() + ",job!=\"\"}"});
  }
  static std::string duration(int depth) {
    if (depth <= 0) return one_of({"5m", "90", "1.5", "step()", "range()", "1y", "15d", "1ms", "0.0001"});
    switch (*rc::gen::inRange(0, 5)) {
      case 0: return "(" + duration(depth - 1) + ")";
      case 1: return one_of({"-", "+"}) + duration(depth - 1);
      case 2:
        return one_of({"min_of", "max_of"}) + "(" + duration(depth - 1) + "," + duration(depth - 1) + ")";
      default: return duration(depth - 1) + one_of({"+", "-", "*", "/", "%", "^"}) + duration(depth - 1);
    }
  }
  static std::string shift() {
    return one_of({"", "", " @ 1.5", " @ -12", " @ start()", " anchored"}) +
           one_of({"", "", " offset 5m", " offset -1h", " offset " + duration(2)});
  }
  std::string scalar(int depth) {
    if (depth <= 0) return number();
    return one_of({number(), "scalar(" + vector(depth - 1) + ")", "(" + scalar(depth - 1) + ")", "time()",
                   scalar(depth - 1) + " + " + scalar(depth - 1), "-" + scalar(depth - 1)});
  }
  std::string matrix(int depth) {
    return one_of({selector() + "[" + duration(2) + "]" + shift(),
                   vector(depth) + "[" + duration(1) + ":]" + shift(),
                   "(" + vector(depth) + ")[1h:" + duration(1) + "]"});
  }
  static std::string grouping() {
    return one_of({"", " by (" + label() + ") ", " without (" + label() + ",job) ", " by () "});
  }
  static std::string matching() {
    return one_of({" ", " on (" + label() + ") ", " ignoring (job) group_left (env) ", " on () group_right ",
                   " fill (-2) ", " on (job) fill_left (1m) fill_right (NaN) "});
  }
};

void expect_stable(const query::Expression& parsed) {
  for (const std::string& text : {query::print(parsed), query::pretty_print(parsed)}) {
    const auto again = query::parse(text, kExperimental);
    RC_ASSERT(query::same(parsed, *again));
    RC_ASSERT(query::print(*again) == query::print(parsed));
  }
}

RC_GTEST_PROP(Printer, ReadsBackToTheSameTree, ()) {
  const std::string text = QueryMaker().vector(*rc::gen::inRange(1, 4));
  RC_LOG() << text << '\n';
  query::ExpressionPtr parsed;
  try {
    parsed = query::parse(text, kExperimental);
  } catch (const query::QueryError& error) {
    RC_LOG() << error.what() << '\n';
    RC_TAG("refused");
    return;
  }
  RC_TAG("taken");
  expect_stable(*parsed);
}

TEST(Printer, IsCanonical) {
  const auto canonical = [](std::string_view text) {
    return query::print(*query::parse(text, kExperimental));
  };
  EXPECT_EQ(canonical("sum(rate(x{b=\"2\",a='1'}[300s]))by(job)"),
            "sum by (job) (rate(x{a=\"1\",b=\"2\"}[5m]))");
  EXPECT_EQ(canonical("1e3*0x10"), "1000 * 16");
  EXPECT_EQ(canonical("-Inf + NaN"), "-Inf + NaN");
  EXPECT_EQ(canonical("x{a=\"\\u00e9\\n\\xff\"}"), "x{a=\"é\\n\\xff\"}");
  EXPECT_EQ(canonical("x offset 86400"), "x offset 1d");
  EXPECT_EQ(canonical("x[0.0001]"), "x[0.0001]");
}

TEST(Printer, BreaksLongQueries) {
  const auto pretty = [](std::string_view text) { return query::pretty_print(*query::parse(text)); };
  EXPECT_EQ(pretty("sum(x) / sum(y)"), "sum(x) / sum(y)");
  EXPECT_EQ(pretty("histogram_quantile(0.99, sum by (le, route, instance) "
                   "(rate(http_request_duration_seconds_bucket{job=\"api\",code=~\"2..\"}[5m])))"
                   " > on (route) group_left (owner) topk(5, route_owner{team!=\"platform\"})"),
            R"(  histogram_quantile(
    0.99,
    sum by (le, route, instance) (
      rate(http_request_duration_seconds_bucket{code=~"2..",job="api"}[5m])
    )
  )
> on (route) group_left (owner)
  topk(5, route_owner{team!="platform"}))");
}

}  // namespace
