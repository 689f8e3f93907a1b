// Every encoder under a locale that groups digits and writes a decimal comma gives the bytes that it gives
// under C's.

#include <gtest/gtest.h>

#include <chrono>
#include <clocale>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

#include <kymo/format/json.h>
#include <kymo/format/live_json.h>
#include <kymo/format/openmetrics.h>
#include <kymo/format/prometheus_text.h>
#include <kymo/format/server_json.h>
#include <kymo/format/summary.h>
#include <kymo/format/system_json.h>

#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

/// German digits, for systems that have no de_DE installed.
class GermanDigits final : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

/// Makes the whole process German while it lives.
class GermanProcess final {
 public:
  GermanProcess()
      : cpp_(std::locale::global(std::locale(std::locale::classic(), new GermanDigits))),
        c_(std::setlocale(LC_ALL, nullptr)) {
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE"}) {
      if (std::setlocale(LC_ALL, name) != nullptr) break;
    }
  }
  GermanProcess(const GermanProcess&) = delete;
  GermanProcess& operator=(const GermanProcess&) = delete;
  ~GermanProcess() {
    std::setlocale(LC_ALL, c_.c_str());
    std::locale::global(cpp_);
  }

 private:
  std::locale cpp_;
  std::string c_;
};

std::vector<std::string> all_formats() {
  const Snapshot snapshot = sample_snapshot();
  std::vector<std::string> texts(7);
  write_prometheus_text(snapshot, texts[0]);
  write_openmetrics(snapshot, texts[1]);
  write_json(snapshot, texts[2]);
  write_summary_json(snapshot, texts[3]);
  write_server_json(snapshot, texts[4]);
  write_system_json(snapshot, texts[5]);
  for (const FamilySnapshot& family : snapshot.families) {
    append_live_family(family, 1, texts[6]);
    for (std::size_t i = 0; i < family.size(); ++i) {
      append_live_labels(family.point(i).labels, texts[6]);
      append_live_value(family.point(i), texts[6]);
    }
  }
  append_live_seconds(std::chrono::milliseconds(1'234'567), texts[6]);
  return texts;
}

TEST(Locale, ChangesNoFormat) {
  const std::vector<std::string> expected = all_formats();
  const GermanProcess german;
  std::ostringstream stream;
  stream << 1234.5;
  ASSERT_EQ(stream.str(), "1.234,5") << "the locale does nothing, and so would this test";
  EXPECT_EQ(all_formats(), expected);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
