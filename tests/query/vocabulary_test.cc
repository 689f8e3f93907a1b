#include <kymo/query/vocabulary.h>

#include <gtest/gtest.h>

#include <algorithm>

namespace {

namespace query = kymo::query;

TEST(Vocabulary, HasAllWordsOfPrometheus) {
  EXPECT_EQ(query::functions().size(), 90U);
  EXPECT_EQ(query::aggregators().size(), 14U);
  EXPECT_EQ(query::binary_operators().size(), 18U);
  EXPECT_EQ(std::ranges::count(query::functions(), true, &query::Function::is_experimental), 17);
}

TEST(Vocabulary, FunctionsSayWhatTheyTake) {
  const query::Function& quantile = *query::find_function("quantile_over_time");
  EXPECT_EQ(quantile.type_at(0), query::ValueType::scalar);
  EXPECT_EQ(quantile.type_at(1), query::ValueType::matrix);
  const query::Function& join = *query::find_function("label_join");
  EXPECT_EQ(join.most_arguments, query::Function::kUnlimited);
  EXPECT_EQ(join.least_arguments, 3);
  EXPECT_EQ(join.type_at(9), query::ValueType::string);
  EXPECT_TRUE(query::find_function("resets")->takes_anchored);
  EXPECT_FALSE(query::find_function("resets")->takes_smoothed);
  EXPECT_EQ(query::find_function("Rate"), nullptr);
}

TEST(Vocabulary, NamesTheNearestFunction) {
  EXPECT_EQ(query::nearest_function("rat"), "rate");
  EXPECT_EQ(query::nearest_function("RATE"), "rate");
  EXPECT_EQ(query::nearest_function("historgam_quantile"), "histogram_quantile");
  EXPECT_EQ(query::nearest_function("summ"), "sum");
  EXPECT_EQ(query::nearest_function("no_such_thing_at_all"), "");
}

TEST(Vocabulary, KeywordsIgnoreCase) {
  EXPECT_EQ(query::find_aggregator("SUM"), query::find_aggregator("sum"));
  EXPECT_EQ(query::find_operator("Unless"), query::find_operator("unless"));
  EXPECT_EQ(query::find_operator("=>"), nullptr);
}

}  // namespace
