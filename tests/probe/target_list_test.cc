#include <kymo/probe/target_list.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace kymo::KYMO_ABI::probe {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(TargetList, ReadsNamesCommentsAndBlankLines) {
  const auto targets = parse_target_list(
      "# of the office\n"
      "\n"
      "  anna = udp://192.0.2.7   # at home\r\n"
      "\ttcp://voice.example:443\n"
      "page=https://example.org/a?b=c\n"
      "# the last line has no end\n"
      "dns://192.0.2.53/example.org",
      "targets.txt");
  ASSERT_EQ(targets.size(), 4U);
  EXPECT_EQ(targets[0], (NamedTarget{"anna", Target::parse("udp://192.0.2.7")}));
  EXPECT_EQ(targets[1].name, "tcp://voice.example:443") << "its own name";
  EXPECT_EQ(targets[2], (NamedTarget{"page", Target::parse("https://example.org/a?b=c")}));
  EXPECT_EQ(targets[3].name, "dns://192.0.2.53:53/example.org");
  EXPECT_TRUE(parse_target_list("", "x").empty());
  EXPECT_TRUE(parse_target_list("\n \n#", "x").empty());
}

TEST(TargetList, NamesTheLineThatIsWrong) {
  const auto message = [](std::string_view text) -> std::string {
    try {
      return std::to_string(parse_target_list(text, "t.txt").size()) + " targets";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  EXPECT_THAT(message("# one\n\nudp://a\nnonsense\n"), StartsWith("t.txt:4: \"nonsense\" cannot be probed"));
  EXPECT_THAT(message("a b=udp://a"), StartsWith("t.txt:1: the name before"));
  EXPECT_THAT(message("=udp://a"), StartsWith("t.txt:1: the name before"));
  EXPECT_THAT(message("a=udp://a\n\na=udp://b"),
              HasSubstr("t.txt:3: the name \"a\" is there already, in line 1"));
  EXPECT_THAT(message("udp://a\nudp://a:9465"),
              HasSubstr("t.txt:2: the name \"udp://a:9465\" is there already"));
  EXPECT_THAT(message("udp://a\nudp://fd77::2\n"), HasSubstr("t.txt:2:"));
  EXPECT_THAT(message(std::string_view("udp://a\n\0", 9)), StartsWith("t.txt:2:"));
  std::string many;
  for (int i = 0; i < 257; ++i) many += "udp://h" + std::to_string(i) + "\n";
  EXPECT_THAT(message(many), HasSubstr("t.txt:257: more than 256 targets"));
}

TEST(TargetList, SaysWhyAFileCannotBeRead) {
  const auto message = [](const std::string& file) -> std::string {
    try {
      return std::to_string(read_target_list(file).size()) + " targets";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  EXPECT_THAT(message("/nonexistent/targets.txt"),
              HasSubstr("/nonexistent/targets.txt: cannot be read: No such file"));
  EXPECT_THAT(message("/"), HasSubstr("cannot be read"));
  EXPECT_THAT(message("/dev/zero"), HasSubstr("longer than 1 MiB"));
  EXPECT_EQ(message("/dev/null"), "0 targets");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
