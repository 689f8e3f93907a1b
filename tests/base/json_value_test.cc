#include <kymo/base/json_value.h>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

namespace kymo::KYMO_ABI::base {
namespace {

TEST(JsonValue, RefusesWhatIsNoJson) {
  for (const char* text : {"",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "01",
                           "1.",
                           "-",
                           "1e",
                           "+1",
                           ".5",
                           "nul",
                           "'a'",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"a\nb\"",
                           "\"a",
                           "1 2",
                           "{\"a\":1,\"a\":2}",
                           "1e999",
                           "[[[[[[[[[1]]]]]]]]]",
                           "{1:2}",
                           "\"\\"}) {
    EXPECT_TRUE(std::holds_alternative<JsonError>(read_json(text))) << text;
  }
  for (const char* text :
       {"0", "-0.5e-3", "[]", "{}", " [ 1 , 2 ] ", "\"\\u0000\\n\"", "[[[[[[[1]]]]]]]", "null"}) {
    EXPECT_TRUE(std::holds_alternative<JsonValue>(read_json(text))) << text;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
