// One Snapshot in every format. KYMO_UPDATE_GOLDEN=1 writes the expected texts anew: read the difference
// before you keep it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <kymo/format/json.h>
#include <kymo/format/openmetrics.h>
#include <kymo/format/prometheus_text.h>
#include <kymo/format/server_json.h>
#include <kymo/format/summary.h>
#include <kymo/format/system_json.h>

#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

using Writer = void (*)(const Snapshot&, std::string&);

template <void (*WriteJson)(const Snapshot&, std::string&, base::JsonLayout)>
void indented(const Snapshot& snapshot, std::string& out) {
  WriteJson(snapshot, out, base::JsonLayout::indented);
  out += '\n';
}

struct Case {
  const char* file;
  Writer write;
};

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, GivesTheExpectedText) {
  std::string text;
  GetParam().write(sample_snapshot(), text);
  const std::string path = std::string(KYMO_GOLDEN).append("/").append(GetParam().file).append(".txt");
  if (std::getenv("KYMO_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {}));
}

INSTANTIATE_TEST_SUITE_P(
    Formats, Golden,
    testing::Values(Case{"prometheus_text", write_prometheus_text}, Case{"openmetrics", write_openmetrics},
                    Case{"json", indented<write_json>}, Case{"summary", indented<write_summary_json>},
                    Case{"server", indented<write_server_json>}, Case{"system", indented<write_system_json>}),
    [](const auto& test) { return std::string(test.param.file); });

}  // namespace
}  // namespace kymo::KYMO_ABI::format
