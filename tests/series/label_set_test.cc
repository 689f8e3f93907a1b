#include <kymo/series/label_set.h>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include <kymo/series/matcher.h>

namespace kymo::KYMO_ABI::series {
namespace {

using Pairs = std::map<std::string, std::string>;

LabelSet set_of(const Pairs& pairs) {
  std::vector<Label> labels;
  for (const auto& [key, value] : pairs) labels.emplace_back(key, value);
  return LabelSet(std::span<const Label>(labels));
}

Pairs pairs_of(const LabelSet& labels) {
  Pairs pairs;
  for (const Label& label : labels) pairs.emplace(label.key, label.value);
  return pairs;
}

Pairs without_empty(Pairs pairs) {
  std::erase_if(pairs, [](const auto& pair) { return pair.second.empty(); });
  return pairs;
}

TEST(LabelSet, SortsAndLeavesOutEmptyValues) {
  const LabelSet labels{{"b", "2"}, {"__name__", "x"}, {"c", ""}, {"a", "1"}};
  EXPECT_EQ(labels.to_string(), R"(x{a="1",b="2"})");
  EXPECT_EQ(labels.name(), "x");
  EXPECT_EQ(labels.get("c"), "");
  EXPECT_EQ(labels.get("b"), "2");
  EXPECT_EQ(LabelSet{}.to_string(), "{}");
  EXPECT_EQ(LabelSet({{"__name__", "x"}}).to_string(), "x");
  EXPECT_EQ(LabelSet({{"a", "\\ \" \n"}}).to_string(), R"({a="\\ \" \n"})");
}

TEST(LabelSet, OfTheSamplesOfASnapshot) {
  const LabelSet labels("x_bucket", LabelsView(R"(code="200",path="a\"b")"), Label("le", "+Inf"));
  EXPECT_EQ(labels, (LabelSet{{"__name__", "x_bucket"}, {"code", "200"}, {"le", "+Inf"}, {"path", "a\"b"}}));
}

TEST(LabelSet, RefusesBytesThatAreNotCanonical) {
  const auto is_read = [](std::string_view bytes) { return LabelSet::from_bytes(bytes).has_value(); };
  EXPECT_TRUE(is_read({}));
  EXPECT_TRUE(is_read({"\1a\1x\1b\1y", 8}));
  EXPECT_FALSE(is_read({"\1b\1x\1a\1y", 8})) << "not sorted";
  EXPECT_FALSE(is_read({"\1a\1x\1a\1y", 8})) << "a key twice";
  EXPECT_FALSE(is_read({"\1a\0", 3})) << "an empty value";
  EXPECT_FALSE(is_read({"\1a\2x", 4})) << "cut off";
  EXPECT_FALSE(is_read({"\x81\0a\1x", 5})) << "a size longer than it needs to be";
  EXPECT_FALSE(is_read({"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11})) << "a size beyond 64 bits";
}

RC_GTEST_PROP(LabelSet, AgreesWithAMap, (const Pairs& pairs)) {
  const LabelSet labels = set_of(pairs);
  RC_ASSERT(pairs_of(labels) == without_empty(pairs));
  const auto read_back = LabelSet::from_bytes(labels.bytes());
  RC_ASSERT(read_back.has_value());
  RC_ASSERT(*read_back == labels);
  for (const auto& [key, value] : pairs) RC_ASSERT(labels.get(key) == value);
}

RC_GTEST_PROP(LabelSet, IsOrderedAsItsPairsAre, (const Pairs& a, const Pairs& b)) {
  const Pairs left = without_empty(a);
  const Pairs right = without_empty(b);
  RC_ASSERT((set_of(a) < set_of(b)) == (left < right));
  RC_ASSERT((set_of(a) == set_of(b)) == (left == right));
}

RC_GTEST_PROP(LabelSet, ChangesAsAMapDoes,
              (const Pairs& pairs, const std::string& key, const std::string& value)) {
  Pairs changed = pairs;
  changed[key] = value;
  RC_ASSERT(pairs_of(set_of(pairs).with(key, value)) == without_empty(changed));
  const std::string_view keys[] = {key};
  Pairs rest = without_empty(changed);
  Pairs alone;
  if (rest.contains(key)) alone.emplace(key, rest[key]);
  rest.erase(key);
  RC_ASSERT(pairs_of(set_of(changed).without(keys)) == rest);
  RC_ASSERT(pairs_of(set_of(changed).only(keys)) == alone);
}

RC_GTEST_PROP(LabelSet, SurvivesAnyBytes, (const std::string& bytes)) {
  const auto labels = LabelSet::from_bytes(bytes);
  if (labels) RC_ASSERT(set_of(pairs_of(*labels)).bytes() == bytes);
}

class Prefix final : public Pattern {
 public:
  explicit Prefix(std::string prefix) : prefix_(std::move(prefix)) {}
  [[nodiscard]] bool matches(std::string_view text) const noexcept override {
    return text.starts_with(prefix_);
  }

 private:
  std::string prefix_;
};

TEST(Matcher, HoldsAgainstValuesAndAbsentLabels) {
  const auto pattern = std::make_shared<const Prefix>("a");
  EXPECT_TRUE(Matcher::equal("k", "a").matches("a"));
  EXPECT_FALSE(Matcher::equal("k", "a").matches("ab"));
  EXPECT_TRUE(Matcher::equal("k", "").matches("")) << "no label";
  EXPECT_TRUE(Matcher::not_equal("k", "a").matches(""));
  EXPECT_TRUE(Matcher::match("k", "a.*", pattern).matches("ab"));
  EXPECT_FALSE(Matcher::match("k", "a.*", pattern).matches("b"));
  EXPECT_TRUE(Matcher::not_match("k", "a.*", pattern).matches("b"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::series
