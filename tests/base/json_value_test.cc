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

TEST(JsonValue, KeepsLimits) {
  const auto object = [](int fields) {
    std::string text = "{";
    for (int i = 0; i < fields; ++i) {
      text.append(i == 0 ? "" : ",")
          .append("\"n")
          .append(std::to_string(i))
          .append("\":")
          .append(std::to_string(i));
    }
    return text + "}";
  };
  const auto error_of = [](const std::string& text, JsonLimits limits = {}) {
    const auto read = read_json(text, limits);
    const auto* error = std::get_if<JsonError>(&read);
    return error == nullptr ? std::string() : error->message;
  };
  EXPECT_EQ(error_of(object(64)), "");
  EXPECT_NE(error_of(object(65)).find("more than 64 names"), std::string::npos);
  EXPECT_EQ(error_of(object(65), {.fields = 65}), "");
  EXPECT_NE(error_of("[[[1]]]", {.levels = 3}).find("more than 3 levels"), std::string::npos);
  EXPECT_EQ(error_of("[[[[[[[[[1]]]]]]]]]", {.levels = 10}), "");
}

TEST(JsonValue, FindsFields) {
  const auto read = read_json(R"({"a":1,"b":"x","c":null})");
  const auto& object = std::get<JsonValue::Object>(std::get<JsonValue>(read).held);
  EXPECT_EQ(*find_as<double>(object, "a"), 1);
  EXPECT_EQ(*find_as<std::string>(object, "b"), "x");
  EXPECT_EQ(find_as<std::string>(object, "a"), nullptr);
  EXPECT_NE(find(object, "c"), nullptr);
  EXPECT_EQ(find(object, "d"), nullptr);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
