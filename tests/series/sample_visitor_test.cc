#include <kymo/series/sample_visitor.h>

#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <vector>

#include <kymo/base/number_text.h>
#include <kymo/core.h>

namespace kymo::KYMO_ABI::series {
namespace {

using ::testing::ElementsAre;

class Lines final : public SampleVisitor {
 public:
  void number(const SampleSeries& series, double value) override {
    char text[base::kMaxNumberBytes];
    lines.push_back(series.label_set().to_string() + " " + std::string(text, base::put_number(text, value)) +
                    (series.is_cumulative ? "" : " now"));
  }
  void histogram(const SampleSeries& series, const HistogramValue& value) override {
    lines.push_back(series.label_set().to_string() + " of " + std::to_string(value.count()));
  }

  std::vector<std::string> lines;
};

std::vector<std::string> lines_of(const Registry& registry, HistogramForm form, std::string_view family) {
  Lines visitor;
  visit_samples(*const_cast<Registry&>(registry).snapshot(), form, visitor);
  std::erase_if(visitor.lines, [&](const std::string& line) { return !line.starts_with(family); });
  return visitor.lines;
}

TEST(SampleVisitor, GetsNumbersUnderTheirFinalNames) {
  Registry registry;
  registry.family<Counter>("http.requests", "R.").with({{"code", "200"}}).add(3);
  registry.gauge("temperature", "T.", {.unit = "celsius"}).set(21.5);
  (void)registry.gauge("unset", "U.");
  EXPECT_THAT(lines_of(registry, HistogramForm::whole, "http"),
              ElementsAre(R"(http_requests_total{code="200"} 3)"));
  EXPECT_THAT(lines_of(registry, HistogramForm::whole, "temperature"),
              ElementsAre("temperature_celsius 21.5 now"));
  EXPECT_THAT(lines_of(registry, HistogramForm::whole, "unset"), ElementsAre());
}

TEST(SampleVisitor, GetsHistogramsWholeOrClassic) {
  Registry registry;
  auto sizes = registry.histogram("sizes", "S.", {.unit = "bytes", .bounds = {1, 2.5}});
  for (const double size : {0.5, 2.0, 7.0}) sizes.record(size);
  EXPECT_THAT(lines_of(registry, HistogramForm::whole, "sizes"), ElementsAre("sizes_bytes of 3"));
  EXPECT_THAT(
      lines_of(registry, HistogramForm::classic, "sizes"),
      ElementsAre(R"(sizes_bytes_bucket{le="1.0"} 1)", R"(sizes_bytes_bucket{le="2.5"} 2)",
                  R"(sizes_bytes_bucket{le="+Inf"} 3)", "sizes_bytes_sum 9.5", "sizes_bytes_count 3"));
}

TEST(SampleVisitor, GetsWindowsAsQuantiles) {
  Registry registry;
  auto window = registry.window("recent", "R.", {.unit = "seconds"});
  for (int i = 1; i <= 4; ++i) window.record(i);
  EXPECT_THAT(
      lines_of(registry, HistogramForm::whole, "recent"),
      ElementsAre(R"(recent_seconds{quantile="0.5"} 2 now)", R"(recent_seconds{quantile="0.95"} 4 now)",
                  R"(recent_seconds{quantile="0.99"} 4 now)", "recent_seconds_sum 10",
                  "recent_seconds_count 4"));
}

TEST(SampleVisitor, LeavesOutCountsThatAreNone) {
  Registry registry;
  const Registration producer = registry.add_producer([](SnapshotWriter& writer) {
    auto family = writer.counter({"produced_total", "P."});
    family.add({{"of", "nan"}}, std::numeric_limits<double>::quiet_NaN());
    family.add({{"of", "negative"}}, -1);
    family.add({{"of", "five"}}, 5);
  });
  EXPECT_THAT(lines_of(registry, HistogramForm::whole, "produced"),
              ElementsAre(R"(produced_total{of="five"} 5)"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::series
