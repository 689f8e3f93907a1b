#include <kymo/core/labels.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace kymo {
namespace {

std::string rendered(std::initializer_list<Label> labels, std::size_t max_bytes = 1024) {
  std::string out;
  render_labels(Labels(labels.begin(), labels.size()), max_bytes, out);
  return out;
}

TEST(RenderLabels, SortsByKeyAndEscapes) {
  EXPECT_EQ(rendered({}), "");
  EXPECT_EQ(rendered({{"b", "2"}, {"a", "1"}}), R"(a="1",b="2")");
  EXPECT_EQ(rendered({{"path", "C:\\x \"y\"\nz"}}), R"(path="C:\\x \"y\"\nz")");
  EXPECT_EQ(rendered({{"event.type", "x"}}), R"(event_type="x")");
}

TEST(RenderLabels, MakesAnyBytesValidUtf8) {
  EXPECT_EQ(rendered({{"k", "a\xFFz"}}), "k=\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(rendered({{"k", std::string_view("a\0z", 3)}}), "k=\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(rendered({{"k", "\xED\xA0\x80"}}), "k=\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"") << "a surrogate";
  EXPECT_EQ(rendered({{"k", "\xC0\xAF"}}), "k=\"\xEF\xBF\xBD\xEF\xBF\xBD\"") << "an overlong slash";
}

TEST(RenderLabels, CutsLongValuesBetweenCharacters) {
  EXPECT_EQ(rendered({{"k", "abcdef"}}, 4), "k=\"abcd\"");
  EXPECT_EQ(rendered({{"k", "ab\xE2\x82\xAC"}}, 4), "k=\"ab\"") << "the euro sign has three bytes";
  EXPECT_EQ(rendered({{"k", "ab\xE2\x82\xAC"}}, 5), "k=\"ab\xE2\x82\xAC\"");
}

TEST(RenderLabels, TellsHowManyValuesItAltered) {
  std::string out;
  const std::vector<Label> labels = {{"a", "fine"}, {"b", "\xFF"}, {"c", "far too long"}};
  EXPECT_EQ(render_labels(labels, 8, out), 2U);
}

RC_GTEST_PROP(LabelsView, GivesBackWhatWasRendered, (std::map<std::string, std::vector<char>> raw)) {
  // Keys k0, k1, …; values any bytes but those that rendering is specified to alter.
  std::vector<std::pair<std::string, std::string>> expected;
  for (const auto& [ignored, bytes] : raw) {
    std::string value;
    for (const char byte : bytes) {
      if (byte > 0) value += byte;
    }
    expected.emplace_back("k" + std::to_string(100000 + expected.size()), value + "\\\"\n\xE2\x80\xA8");
  }
  std::vector<Label> labels;
  for (const auto& [key, value] : expected) labels.push_back({key, value});
  std::string text;
  RC_ASSERT(render_labels(labels, 1 << 20, text) == 0U);

  std::vector<std::pair<std::string, std::string>> got;
  for (const LabelsView::Entry& entry : LabelsView(text)) got.emplace_back(entry.key, entry.value);
  RC_ASSERT(got == expected);
}

RC_GTEST_PROP(RenderLabels, NeverLetsAValueEndItsQuotesOrLine, (const std::string& hostile)) {
  std::string text;
  const std::vector<Label> labels = {{"a", hostile}, {"b", "end"}};
  render_labels(labels, 64, text);
  RC_ASSERT(text.find('\n') == std::string::npos);
  RC_ASSERT(LabelsView(text).find("b") == std::optional<std::string>("end"));
}

}  // namespace
}  // namespace kymo
