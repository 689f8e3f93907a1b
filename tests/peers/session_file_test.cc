#include <kymo/peers/session_store.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "src/peers/session_line.h"

namespace kymo::KYMO_ABI::peers {
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
  /// A file with one session, and what it holds.
  [[nodiscard]] std::string saved_line() const;
  [[nodiscard]] std::string text(const std::string& suffix = "") const {
    std::ostringstream all;
    all << std::ifstream(path() + suffix, std::ios::binary).rdbuf();
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

std::string SessionFileTest::saved_line() const {
  std::filesystem::remove(path());
  SessionFile(path()).save(std::vector{ended()});
  return text();
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
  SessionFile file(path());
  ASSERT_TRUE(file.load().empty());
  write("before\n");
  ::chmod(path().c_str(), 0644);
  struct stat before{};
  ASSERT_EQ(::stat(path().c_str(), &before), 0);
  file.save(std::vector{ended()});
  struct stat after{};
  ASSERT_EQ(::stat(path().c_str(), &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  EXPECT_EQ(after.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "no draft is left";
}

TEST_F(SessionFileTest, LeavesOutDamagedLinesAndSaysWhy) {
  const std::string good = saved_line();
  write("\n{\"session_id\":1}\n" + good + good.substr(0, good.size() / 2) + "\n\xff\n[]\n" +
        good.substr(0, 30));
  std::vector<std::string> told;
  const auto sessions =
      SessionFile(path(), [&](std::string_view message) { told.emplace_back(message); }).load();
  ASSERT_EQ(sessions.size(), 1U);
  expect_equal(sessions[0], ended());
  EXPECT_THAT(told, ElementsAre(EndsWith(":1: left out: it has no checksum"), HasSubstr(":2: "),
                                HasSubstr(":4: left out: it has no checksum"), HasSubstr(":5: "),
                                HasSubstr(":6: "), HasSubstr(":7: ")));
}

TEST_F(SessionFileTest, NoticesAFlippedBitInEachByte) {
  const std::string good = saved_line();
  for (std::size_t byte = 0; byte < good.size() - 1; ++byte) {
    std::string flipped = good;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << byte % 8));
    write(flipped);
    ASSERT_TRUE(SessionFile(path()).load().empty()) << "byte " << byte;
  }
}

TEST_F(SessionFileTest, TellsManyDamagedLinesInFew) {
  write(std::string(1'000'000, '\n'));
  std::vector<std::string> told;
  EXPECT_TRUE(
      SessionFile(path(), [&](std::string_view message) { told.emplace_back(message); }).load().empty());
  ASSERT_EQ(told.size(), 11U);
  EXPECT_THAT(told.back(), EndsWith("left out 1000000 lines in all"));
}

TEST_F(SessionFileTest, KeepsAsideAFileThatCouldNotBeReadWhole) {
  const std::string damaged = saved_line() + "damaged\n";
  for (int i = 1; i <= 10; ++i) {
    write(damaged);
    SessionFile file(path());
    EXPECT_EQ(file.load().size(), 1U);
    file.save({});
    file.save({});
    EXPECT_EQ(text(".unread-" + std::to_string(i)), damaged);
  }
  write(damaged);
  SessionFile file(path());
  (void)file.load();
  EXPECT_THROW(file.save({}), std::system_error) << "ten are kept already";
  EXPECT_EQ(text(), damaged);
}

TEST_F(SessionFileTest, KeepsAsideAFileThatWasNotOpened) {
  const std::string before = saved_line();
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  SessionFile file(path());
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_THROW((void)file.load(), std::system_error);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  file.save({});
  EXPECT_EQ(text(".unread-1"), before);
}

TEST_F(SessionFileTest, TouchesRegularFilesOfThisUserOnly) {
  const auto stays = [this](const std::string& what) {
    SessionFile file(path());
    EXPECT_THROW((void)file.load(), std::system_error) << what;
    EXPECT_THROW(file.save({}), std::system_error) << what;
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::symlink_status(path()))) << what;
    std::filesystem::remove(path());
  };
  const std::string elsewhere = folder_ / "elsewhere";
  std::ofstream(elsewhere) << "a file of somebody's";
  std::filesystem::create_symlink(elsewhere, path());
  stays("a link");
  EXPECT_EQ(std::filesystem::file_size(elsewhere), 20U);
  std::filesystem::create_symlink(folder_ / "nowhere", path());
  stays("a dangling link");
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  stays("a FIFO that nobody writes to");
  std::filesystem::create_directory(path());
  stays("a folder");
  EXPECT_THROW((void)SessionFile("/dev/null").load(), std::system_error);
  EXPECT_THROW(SessionFile("/dev/null").save({}), std::system_error);
}

TEST_F(SessionFileTest, WantsAFolderThatNobodyElseMayWriteTo) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_THROW((void)SessionFile(path()).load(), std::system_error);
  EXPECT_THROW(SessionFile(path()).save({}), std::system_error);
  ASSERT_EQ(::chmod(folder_.c_str(), 01777), 0);
  EXPECT_NO_THROW(SessionFile(path()).save({})) << "as /tmp is";
}

TEST_F(SessionFileTest, FollowsNoLinkOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a link of another user";
  const std::filesystem::path link = std::filesystem::path(folder_).concat(".link");
  std::filesystem::create_directory_symlink(folder_, link);
  EXPECT_NO_THROW(SessionFile(link / "sessions").save({})) << "a link of this user";
  ASSERT_EQ(::lchown(link.c_str(), 65534, 65534), 0);
  SessionFile other(link / "others");
  EXPECT_THROW(other.save({}), std::system_error);
  EXPECT_THROW((void)other.load(), std::system_error);
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(folder_) / "others"));
  std::filesystem::remove(link);
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

TEST(SessionLine, TakesBackWhatItWroteWhateverTheFigures) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Session absurd = ended();
  absurd.start = std::chrono::system_clock::time_point::min();
  absurd.end = std::chrono::system_clock::time_point::max();
  absurd.duration = std::chrono::milliseconds::max();
  absurd.latency = {.count = std::numeric_limits<std::size_t>::max(),
                    .min_ms = -kInfinity,
                    .avg_ms = std::numeric_limits<double>::quiet_NaN(),
                    .max_ms = kInfinity};
  for (int i = 0; i < 2; ++i) {
    std::string line;
    append_session_line(absurd, line);
    line.pop_back();
    const auto read = read_session_line(line);
    ASSERT_TRUE(std::holds_alternative<Session>(read)) << line;
    EXPECT_EQ(std::get<Session>(read).peers, absurd.peers);
    absurd.start = std::chrono::system_clock::time_point(std::chrono::hours(-24));
    absurd.end = absurd.start;
    absurd.duration = std::chrono::milliseconds(-1);
    absurd.latency.avg_ms = 9.3e15;
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
}  // namespace kymo::KYMO_ABI::peers
