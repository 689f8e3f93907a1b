// Whole hosts as folders of files, and what must come out of them. KYMO_UPDATE_GOLDEN=1 writes the expected
// texts anew: read the difference before you keep it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "collected_host.h"
#include "snapshot_text.h"

namespace kymo::KYMO_ABI::system {
namespace {

class Golden : public testing::TestWithParam<std::string> {};

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_P(Golden, GivesTheExpectedFamilies) {
  CollectedHost collected(GetParam());
  const std::string text = snapshot_text(*collected.collect());
  EXPECT_EQ(collected.errors, 0U) << "the builder refused a family or a series";
  const std::string expected = std::string(KYMO_GOLDEN) + "/" + GetParam() + "/expected.txt";
  if (std::getenv("KYMO_UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << text;
  EXPECT_EQ(text, file_text(expected));
}

INSTANTIATE_TEST_SUITE_P(Hosts, Golden,
                         testing::Values("6.18-hybrid-cgroups", "3.2-no-pressure", "5.15-container",
                                         "6.1-128-cores", "odd-files", "nothing"),
                         [](const auto& host) {
                           std::string name = host.param;
                           for (char& c : name) c = c == '-' || c == '.' ? '_' : c;
                           return "h" + name;
                         });

}  // namespace
}  // namespace kymo::KYMO_ABI::system
