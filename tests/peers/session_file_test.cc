#include <kymo/peers/session_store.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "src/peers/session_line.h"

namespace kymo::peers {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

constexpr std::chrono::system_clock::time_point kNoon{std::chrono::seconds(1'700'000'000)};

class SessionFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "kymo_sessions_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_ / "sessions.jsonl"; }
  void write(std::string_view text) const { std::ofstream(path(), std::ios::binary) << text; }
  [[nodiscard]] std::string text() const {
    std::ostringstream all;
    all << std::ifstream(path(), std::ios::binary).rdbuf();
    return all.str();
  }

  std::filesystem::path folder_;
};

Session ended() {
  return {.id = "0123456789abcdef",
          .kind = "call",
          .name = "a\nb\"\\\xC3\xA9",
          .start = kNoon,
          .end = kNoon + 90s,
          .duration = 90001ms,
          .interrupted = true,
          .peers = {"a", "b/c"},
          .latency = {.count = 3, .min_ms = 0.1, .avg_ms = 1.0 / 3, .max_ms = 2e5}};
}

void expect_equal(const Session& a, const Session& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.end, b.end);
  EXPECT_EQ(a.duration, b.duration);
  EXPECT_EQ(a.interrupted, b.interrupted);
  EXPECT_EQ(a.peers, b.peers);
  EXPECT_EQ(a.latency.count, b.latency.count);
  EXPECT_EQ(a.latency.min_ms, b.latency.min_ms);
  EXPECT_EQ(a.latency.avg_ms, b.latency.avg_ms);
  EXPECT_EQ(a.latency.max_ms, b.latency.max_ms);
}

TEST_F(SessionFileTest, GivesBackWhatItWasGiven) {
  SessionFile file(path());
  EXPECT_TRUE(file.load().empty()) << "there is no file yet";
  const Session open{.id = "1", .start = kNoon};
  file.save(std::vector{ended(), open});
  const auto sessions = SessionFile(path()).load();
  ASSERT_EQ(sessions.size(), 2U);
  expect_equal(sessions[0], ended());
  expect_equal(sessions[1], open);
  file.save({});
  EXPECT_TRUE(SessionFile(path()).load().empty());
}

TEST_F(SessionFileTest, IsReplacedAsAWholeAndOfItsOwnerOnly) {
  write("before\n");
  ::chmod(path().c_str(), 0644);
  struct stat before{};
  ASSERT_EQ(::stat(path().c_str(), &before), 0);
  SessionFile(path()).save(std::vector{ended()});
  struct stat after{};
  ASSERT_EQ(::stat(path().c_str(), &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  EXPECT_EQ(after.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "no draft is left";
}

TEST_F(SessionFileTest, LeavesOutDamagedLinesAndSaysWhy) {
  std::string good;
  append_session_line(ended(), good);
  write("\n{\"session_id\":1}\n" + good + good.substr(0, good.size() / 2) + "\n\xff\n[]\n" +
        good.substr(0, 30));
  std::vector<std::string> told;
  const auto sessions =
      SessionFile(path(), [&](std::string_view message) { told.emplace_back(message); }).load();
  ASSERT_EQ(sessions.size(), 1U);
  expect_equal(sessions[0], ended());
  EXPECT_THAT(told, ElementsAre(HasSubstr(":1: left out: at byte 0"),
                                HasSubstr(":2: left out: session_id: expected a text"), HasSubstr(":4: "),
                                HasSubstr(":5: left out: it is no UTF-8"),
                                EndsWith(":6: left out: expected an object"), HasSubstr(":7: ")));
}

TEST_F(SessionFileTest, WhatCannotBeReadOrWrittenNamesTheFile) {
  SessionFile file(path() + "/below");
  write("a file, no folder");
  EXPECT_THROW((void)file.load(), std::system_error);
  try {
    file.save({});
    FAIL() << "it was saved";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr(path()));
  }
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_THROW((void)SessionFile(path()).load(), std::system_error);
}

TEST(SessionLine, RefusesWhatNoSessionCanHave) {
  std::string line;
  append_session_line(ended(), line);
  line.pop_back();
  const auto with = [&](const std::string& part, const std::string& other) {
    std::string changed = line;
    changed.replace(changed.find(part), part.size(), other);
    return changed;
  };
  ASSERT_TRUE(std::holds_alternative<Session>(read_session_line(line)));
  EXPECT_TRUE(std::holds_alternative<Session>(read_session_line(with("\"kind\"", "\"new\":[{}],\"kind\""))));
  for (const std::string& damaged :
       {with("1700000000000", "-1"), with("1700000000000", "1e300"), with("90001", "1e15"),
        with("90001", "null"), with("[\"a\"", "[1"), with("true", "1"), with("\"count\":3", "\"count\":-3"),
        with("\"a\",", "\"a\",,"), with("{\"count\":3", "3,\"x\":{\"count\":3"), with("\"kind\"", "\"kin\""),
        std::string(9, '[')}) {
    EXPECT_TRUE(std::holds_alternative<SessionLineError>(read_session_line(damaged))) << damaged;
  }
}

TEST(SessionLine, KeepsItsLineWhateverBytesAFieldHolds) {
  std::string line;
  append_session_line(
      {.id = "1", .name = std::string("\0\xff\n\xE2\x80", 5), .start = kNoon, .peers = {"\x80"}}, line);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  line.pop_back();
  const auto read = read_session_line(line);
  ASSERT_TRUE(std::holds_alternative<Session>(read));
  EXPECT_THAT(std::get<Session>(read).peers, ElementsAre("\uFFFD"));
}

}  // namespace
}  // namespace kymo::peers
