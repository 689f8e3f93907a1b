// Texts of the past: into a directory and out again, bit by bit.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kymo/format/openmetrics_past.h>
#include <kymo/format/openmetrics_reader.h>
#include <kymo/history/import.h>

#include "block_columns.h"
#include "directory_fixture.h"

namespace kymo::KYMO_ABI::history {
namespace {

using format::OpenMetricsReader;
using format::PastForm;

std::string export_of(const std::string& path, PastForm form) {
  const Store store(
      {.memory_bytes = std::size_t{1} << 40U, .directory = {.path = path, .is_read_only = true}});
  std::string text;
  EXPECT_EQ(format::write_openmetrics_past(store, {}, form, [&](std::string_view piece) { text += piece; }),
            0U);
  return text;
}

/// The fault as `LINE: text`; empty: none. Reads in pieces, so that lines are cut.
std::string import_into(const std::string& path, std::string_view text, std::size_t piece = 1000) {
  Importer importer(path);
  OpenMetricsReader reader([&](const series::PastSample& sample) { return importer.add(sample); });
  std::optional<format::TextFault> fault;
  for (; !fault && !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    fault = reader.read(text.substr(0, piece));
  if (!fault) fault = reader.finish();
  if (fault) return std::to_string(fault->line) + ": " + fault->text;
  (void)importer.finish();
  return {};
}

PlainSeries all_in(const std::string& path) {
  const Store store(
      {.memory_bytes = std::size_t{1} << 40U, .directory = {.path = path, .is_read_only = true}});
  return all_of(store);
}

class HistoryImport : public HistoryDirectory {
 protected:
  [[nodiscard]] std::string target(const char* name) const { return imports_.path() + "/" + name; }
  Folder imports_;
};

TEST_F(HistoryImport, TheExactTextOfADirectoryGivesItBack) {
  {
    Store store(options());
    append(store, 130);
  }
  ASSERT_EQ(import_into(target("a"), export_of(folder_.path(), PastForm::exact)), "");
  expect_equal(all_in(target("a")), model_.all());
  for (const PastForm form : {PastForm::exact, PastForm::openmetrics})
    EXPECT_TRUE(export_of(target("a"), form) == export_of(folder_.path(), form));
}

TEST_F(HistoryImport, ThePlainTextOfADirectoryComesOutAgain) {
  {
    Store store(options());
    append(store, 130);
  }
  const std::string text = export_of(folder_.path(), PastForm::openmetrics);
  ASSERT_EQ(import_into(target("a"), text, 7), "");
  EXPECT_TRUE(export_of(target("a"), PastForm::openmetrics) == text);
}

TEST_F(HistoryImport, AServerGoesOnInAnImportedDirectory) {
  {
    Store store(options());
    append(store, 50);
  }
  ASSERT_EQ(import_into(target("a"), export_of(folder_.path(), PastForm::exact)), "");
  StoreOptions other = options();
  other.directory.path = target("a");
  {
    Store store(other);
    EXPECT_EQ(store.figures().damaged_bytes, 0U);
    append(store, 30);
  }
  expect_equal(all_in(target("a")), model_.all());
}

/// Samples of one series, as text and as plain values.
RC_GTEST_PROP(HistoryImportProperty, NumbersKeepTheirBits, ()) {
  const Folder folder;
  const auto kind = *rc::gen::element(ColumnKind::integer, ColumnKind::real).as("kind");
  std::map<std::string, std::vector<PlainSample>> expected;
  Importer importer(folder.path() + "/a");
  const auto info = std::make_shared<series::FamilyInfo>();
  info->name = "x";
  info->kind = kind == ColumnKind::integer ? Kind::counter : Kind::gauge;
  const std::shared_ptr<const series::FamilyInfo> family = info;
  const std::string name = kind == ColumnKind::integer ? "x_total" : "x";
  std::vector<std::pair<std::int64_t, std::pair<std::string, std::uint64_t>>> in_time;
  for (std::uint64_t k = draw(5) + 1; k > 0; --k) {
    const series::LabelSet labels({{series::kNameLabel, name}, {"of", std::to_string(k) + "\"\\\n"}});
    const std::vector<std::uint64_t> values = draw_values(kind, draw(1500));
    std::int64_t time_ms = static_cast<std::int64_t>(draw(10'000)) - 5'000;
    const std::int64_t step = static_cast<std::int64_t>(draw(3)) * 997 + 1;
    for (const std::uint64_t bits : values) {
      const series::PastSample sample{.labels = labels,
                                      .family = family,
                                      .time_ms = time_ms,
                                      .bits = bits,
                                      .is_whole = kind == ColumnKind::integer};
      RC_ASSERT(importer.add(sample).empty());
      const double real =
          kind == ColumnKind::integer ? static_cast<double>(bits) : std::bit_cast<double>(bits);
      expected[key_of(labels, series::SampleForm::number)].push_back(
          {time_ms, std::bit_cast<std::uint64_t>(real), 0, {}, {}});
      time_ms += step;
    }
  }
  (void)importer.finish();
  const PlainSeries first = all_in(folder.path() + "/a");
  RC_ASSERT(first == expected);
  const std::string text = export_of(folder.path() + "/a", PastForm::exact);
  RC_ASSERT(import_into(folder.path() + "/b", text, draw(4000) + 1) == "");
  RC_ASSERT(all_in(folder.path() + "/b") == expected);
  RC_ASSERT(export_of(folder.path() + "/b", PastForm::exact) == text);
}

TEST(HistoryImportLimits, LongAndLateSeriesShareNoBlockThatHidesOthers) {
  const Folder folder;
  std::string text = "# TYPE a gauge\n";
  std::string other = "# TYPE b gauge\n";
  for (int i = 0; i < 1500; ++i) {
    if (i < 700) text += "a " + std::to_string(i) + " " + std::to_string(i) + "\n";
    other += "b " + std::to_string(i) + " " + std::to_string(i) + ".0001\n";
  }
  const std::string path = folder.path() + "/a";
  Importer importer(path);
  const auto take = [&](const series::PastSample& sample) { return importer.add(sample); };
  for (const std::string& one :
       {text + other + "# EOF\n", std::string("# TYPE a gauge\na 5 701\na 6 1400\na 7 1600\n# EOF\n")}) {
    OpenMetricsReader reader(take);
    EXPECT_FALSE(reader.read(one));
    EXPECT_FALSE(reader.finish());
  }
  (void)importer.finish();
  PlainSeries all = all_in(path);
  EXPECT_EQ(all["a{}"].size() + all["a"].size(), 703U);
}

TEST(HistoryImportLimits, AFaultNamesItsLineAndLeavesNothing) {
  const Folder folder;
  const std::string path = folder.path() + "/a";
  const auto fault_of = [&](const std::string& text) { return import_into(path, text); };
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"# TYPE a gauge\na 1\n# EOF\n", "2: the sample of \"a\" has no time; "},
      {"a 1 1\na 2 1\n# EOF\n", "2: the sample of a is not after the one before"},
      {"a 1 1\n", "2: the text ends without \"# EOF\"; "},
      {"a 1 1\n# EOF\nb 1 1\n", "3: text follows \"# EOF\"; "},
      {"a x 1\n# EOF\n", "1: the value is \"x\"; "},
      {"a 1e999 1\n# EOF\n", "1: the value is \"1e999\"; "},
      {"a 1 99999999999999999999\n# EOF\n", "1: the time is "},
      {"a 1 NaN\n# EOF\n", "1: the time is "},
      {"a{b=\"1\",b=\"2\"} 1 1\n# EOF\n", "1: the label \"b\" is there twice; "},
      {"a{b=\"1} 1 1\n# EOF\n", "1: the labels have no end; "},
      {"a{__name__=\"b\"} 1 1\n# EOF\n", "1: a label is __name__; "},
      {"a{b=\"\xff\"} 1 1\n# EOF\n", "1: the value of the label \"b\" is no UTF-8; "},
      {"\n# EOF\n", "1: the line is empty; "},
      {"# hello\n# EOF\n", "1: the comment is "},
      {"# TYPE h histogram\nh_bucket{le=\"1\"} 1 1\nh_count 1 1\n# EOF\n",
       "2: the histogram \"h\" has no bucket"},
      {"# TYPE h histogram\nh_bucket{le=\"1\"} 2 1\nh_bucket{le=\"+Inf\"} 1 1\n# EOF\n",
       "3: the bucket has 1, less"},
      {"# TYPE h histogram\nh_bucket{le=\"1\"} 1 1\nh_bucket{le=\"1\"} 1 1\n# EOF\n", "3: le is \"1\" after"},
      {"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1 1\nh_count 2 1\n# EOF\n", "2: the count is not that"},
      {"# TYPE h histogram\nh {count:1,sum:1,schema:3} 1\n# EOF\n", "2: the schema is \"3\"; "},
      {"# TYPE h histogram\nh {count:2,sum:1,schema:6,positive_spans:[0:1],positive_buckets:[1]} 1\n# EOF\n",
       "2: count is not the sum of the buckets; "},
      {"# TYPE h histogram\nh {count:1,sum:1,schema:6,positive_spans:[9999999:1],positive_buckets:[1]} 1\n# "
       "EOF\n",
       "2: a bucket is 9999999; "},
      {"# TYPE a counter\na_created 1 1\n# EOF\n", "2: the created time follows no sample"},
      {std::string((1U << 20U) + 2, 'a'), "1: the line is longer than 1 MiB; "},
  };
  for (const auto& [text, expected] : faults) {
    EXPECT_THAT(fault_of(text), testing::StartsWith(expected));
    EXPECT_TRUE(fs::is_empty(folder.path())) << text;
  }
  EXPECT_EQ(fault_of("# EOF\n"), "");
  EXPECT_EQ(fault_of("# EOF\n"), "");  // an empty directory may be taken
}

TEST(HistoryImportLimits, ADirectoryWithFilesIsRefused) {
  const Folder folder;
  ASSERT_EQ(import_into(folder.path() + "/a", "a 1 1\n# EOF\n"), "");
  try {
    (void)import_into(folder.path() + "/a", "a 1 2\n# EOF\n");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("which has files; name a new directory"));
  }
  EXPECT_EQ(all_in(folder.path() + "/a").size(), 1U);
}

TEST(HistoryImportLimits, TextsOfOtherProgramsAreRead) {
  const Folder folder;
  const std::string text =
      "# HELP h A \\\"histogram\\\".\n# TYPE h histogram\n"
      "h_bucket{x=\"}\",le=\"0.5\"} 1 1.5 # {trace=\"a\"} 0.3 1.2\nh_bucket{x=\"}\",le=\"+Inf\"} 3.0 1.5\n"
      "h_count{x=\"}\"} 3 1.5\nh_sum{x=\"}\"} 4.5 1.5\nh_created{x=\"}\"} 1 1.5\n"
      "# TYPE c counter\nc_total 18446744073709551615 1\nc_total 0 2e0\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} +2 1\ns_sum -0 1\ns_count 3 1\n"
      "# TYPE only histogram\nonly_bucket{le=\"+Inf\"} 2 1\nonly_count 2 1\nonly_sum 1 1\n# EOF\n";
  ASSERT_EQ(import_into(folder.path() + "/a", text, 3), "");
  const std::string back = export_of(folder.path() + "/a", PastForm::openmetrics);
  EXPECT_EQ(back,
            "# TYPE c counter\nc_total 18446744073709551615 1.000\nc_total 0 2.000\n"
            "# TYPE h histogram\n# HELP h A \\\"histogram\\\".\n"
            "h_bucket{x=\"}\",le=\"0.5\"} 1 1.500\nh_bucket{x=\"}\",le=\"+Inf\"} 3 1.500\nh_count{x=\"}\"} 3 "
            "1.500\n"
            "h_sum{x=\"}\"} 4.5 1.500\nh_created{x=\"}\"} 1.000 1.500\n"
            "# TYPE only histogram\nonly_bucket{le=\"+Inf\"} 2 1.000\nonly_count 2 1.000\nonly_sum 1 1.000\n"
            "# TYPE s unknown\ns{quantile=\"0.5\"} 2 1.000\n# TYPE s_count unknown\ns_count 3 1.000\n"
            "# TYPE s_sum unknown\ns_sum -0.0 1.000\n# EOF\n");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::history
