#include <kymo/net/json_error.h>

#include <gtest/gtest.h>

namespace kymo::net {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

TEST(AppendJsonString, EscapesWhatJsonReserves) {
  EXPECT_EQ(json(R"(say "hi" \ bye)"), R"("say \"hi\" \\ bye")");
  EXPECT_EQ(json("a\n\r\t\x01\x1f\x7f"), R"("a\n\r\t\u0001\u001f\u007f")");
  EXPECT_EQ(json(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(AppendJsonString, KeepsValidUtf8) {
  const std::string text = "é€\xF0\x9F\x92\x93\xEF\xBF\xBF\xF4\x8F\xBF\xBF";
  EXPECT_EQ(json(text), "\"" + text + "\"");
}

TEST(AppendJsonString, ReplacesEachBadByte) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(json("\xFF"), "\"" + bad + "\"");
  EXPECT_EQ(json("a\xC3"), "\"a" + bad + "\"");
  EXPECT_EQ(json("\x80z"), "\"" + bad + "z\"");
  EXPECT_EQ(json("\xC0\xAF"), "\"" + bad + bad + "\"");            // overlong
  EXPECT_EQ(json("\xE0\x80\xAF"), "\"" + bad + bad + bad + "\"");  // overlong
  EXPECT_EQ(json("\xED\xA0\x80"), "\"" + bad + bad + bad + "\"");  // surrogate
  EXPECT_EQ(json("\xF4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\"");
}

TEST(JsonError, HasStatusMessageAndRemedy) {
  const HttpResponse response = json_error(404, "no \"x\"", "try /y");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(*response.body,
            "{\"error\":{\"status\":404,\"message\":\"no \\\"x\\\"\",\"remedy\":\"try /y\"}}\n");
}

TEST(JsonError, LeavesOutAnEmptyRemedy) {
  EXPECT_EQ(*json_error(500, "m").body, "{\"error\":{\"status\":500,\"message\":\"m\"}}\n");
}

}  // namespace
}  // namespace kymo::net
