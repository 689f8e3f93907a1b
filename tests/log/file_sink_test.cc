#include <kymo/log/file_sink.h>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <kymo/log/logger.h>

#include "src/log/line_queue.h"
#include "src/log/rotating_file.h"

namespace kymo::KYMO_ABI::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// A folder of its own, which goes with the test.
class FileSink : public testing::Test {
 protected:
  FileSink() {
    std::string name = testing::TempDir() + "kymo_log_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~FileSink() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name = "kymo.log") const {
    return (folder_ / name).string();
  }
  [[nodiscard]] static std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  /// The lines without the time.
  [[nodiscard]] static std::vector<std::string> lines(const std::string& path) {
    std::vector<std::string> all;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) all.push_back(line.substr(25));
    return all;
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

  fs::path folder_;
};

/// Complaints, and a way to wait for them.
class Complaints final {
 public:
  [[nodiscard]] Sink sink() {
    return [this](const Record& record) {
      const std::lock_guard lock(mutex_);
      texts_.push_back(format_event(record));
      came_.notify_all();
    };
  }
  [[nodiscard]] std::string wait_for(std::size_t number) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return texts_.size() >= number; });
    return texts_[number - 1];
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return texts_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::string> texts_;
};

TEST_F(FileSink, WritesEachEventAsALineAndAppends) {
  for (int i = 0; i < 2; ++i) {
    const Logger logger(file_sink({.path = path()}));
    logger.info("event", {{"i", i}});
    logger.warning("two\nlines");
  }
  EXPECT_THAT(lines(path()),
              ElementsAre("INFO  event i=0", "WARN  two\\nlines", "INFO  event i=1", "WARN  two\\nlines"));
}

TEST_F(FileSink, OpensNothingBeforeTheFirstEvent) {
  {
    const Logger logger(file_sink({.path = path()}));
  }
  EXPECT_THAT(files(), ElementsAre());
}

TEST_F(FileSink, OthersThanTheGroupMayNotRead) {
  {
    Logger(file_sink({.path = path()})).info("m");
  }
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07U, 0U);
}

TEST_F(FileSink, AFullFileIsRenamedAndTheOldestGoes) {
  {
    const Logger logger(file_sink({.path = path(), .max_bytes = 200, .older_files = 2}));
    for (int i = 100; i < 120; ++i) logger.info(std::string(50, 'x'), {{"i", i}});
  }
  EXPECT_THAT(files(), ElementsAre("kymo.log", "kymo.log.1", "kymo.log.2"));
  int expected = 119;
  for (const char* name : {"kymo.log", "kymo.log.1", "kymo.log.2"}) {
    EXPECT_LE(fs::file_size(path(name)), 200U);
    auto found = lines(path(name));
    ASSERT_FALSE(found.empty());
    std::ranges::reverse(found);
    for (const std::string& line : found) EXPECT_THAT(line, HasSubstr("i=" + std::to_string(expected--)));
  }
}

TEST_F(FileSink, ALineThatIsLargerThanAFileHasOneOfItsOwn) {
  {
    const Logger logger(file_sink({.path = path(), .max_bytes = 10, .older_files = 1}));
    logger.info("first");
    logger.info("second");
  }
  EXPECT_THAT(lines(path()), ElementsAre("INFO  second"));
  EXPECT_THAT(lines(path("kymo.log.1")), ElementsAre("INFO  first"));
}

TEST_F(FileSink, WithoutOlderOnesItBeginsAnew) {
  {
    const Logger logger(file_sink({.path = path(), .max_bytes = 10, .older_files = 0}));
    logger.info("first");
    logger.info("second");
  }
  EXPECT_THAT(files(), ElementsAre("kymo.log"));
  EXPECT_THAT(lines(path()), ElementsAre("INFO  second"));
}

TEST_F(FileSink, EveryLineOfManyThreadsIsThereOnceAndWhole) {
  constexpr int kThreads = 4;
  constexpr int kEvents = 500;
  {
    const Logger logger(file_sink({.path = path(), .max_bytes = 8192, .older_files = 1000}));
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&logger, t] {
        for (int i = 0; i < kEvents; ++i) logger.info("m", {{"id", t * kEvents + i}});
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(logger.lost(), 0U);
  }
  std::map<std::string, int> seen;
  for (const std::string& name : files()) {
    EXPECT_LE(fs::file_size(path(name)), 8192U);
    for (const std::string& line : lines(path(name))) ++seen[line];
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kThreads * kEvents));
  for (const auto& [line, count] : seen) EXPECT_EQ(count, 1) << line;
}

TEST_F(FileSink, WhatCannotBeWrittenIsToldOnceAndCounted) {
  Complaints complaints;
  {
    const Logger logger(file_sink({.path = path("not_there/kymo.log"), .complaints = complaints.sink()}));
    logger.info("first");
    EXPECT_THAT(complaints.wait_for(1), HasSubstr("log file cannot be written"));
    EXPECT_THAT(complaints.wait_for(1), HasSubstr("No such file"));
    fs::create_directory(folder_ / "not_there");
    logger.info("second");
    EXPECT_THAT(complaints.wait_for(2), HasSubstr("log file is written again"));
    logger.info("third");
  }
  EXPECT_EQ(complaints.count(), 2U);
  EXPECT_THAT(lines(path("not_there/kymo.log")),
              ElementsAre("WARN  log lines lost lines=1", "INFO  second", "INFO  third"));
}

TEST_F(FileSink, AFullDiskCutsNoLinesOfOthers) {
  RotatingFile ours(path("kymo.log"), 1 << 20, 1);
  std::string_view first = "first\n";
  EXPECT_EQ(ours.append(first), "");
  std::ofstream(path("kymo.log"), std::ios::app) << "of others\n";
  // A limit on files is as a full disk: a part is written, the rest is not.
  const auto no_signal = ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{20, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  std::string_view second = "second\n";
  const std::string fault = ours.append(second);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, no_signal);
  EXPECT_THAT(fault, HasSubstr("cannot be written"));
  std::stringstream left;
  left << std::ifstream(path("kymo.log")).rdbuf();
  EXPECT_EQ(left.str(), "first\nof others\n");
}

TEST_F(FileSink, APipeIsRefusedWithoutWaitingForItsReader) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  Complaints complaints;
  Logger(file_sink({.path = path(), .complaints = complaints.sink()})).info("m");
  EXPECT_THAT(complaints.wait_for(1), HasSubstr("reason="));
  EXPECT_THAT(log_file_fault(path()).value_or(""), HasSubstr("is no regular file"));
}

TEST_F(FileSink, AForkedChildLosesItsEventsAndEnds) {
  auto logger = std::make_unique<Logger>(file_sink({.path = path()}));
  logger->info("parent");
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);  // what waits for a thread that is not there waits for ever
    logger->info("child");
    const bool is_counted = logger->lost() == 1;
    logger.reset();
    ::_exit(is_counted ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  logger.reset();
  EXPECT_THAT(lines(path()), ElementsAre("INFO  parent"));
}

TEST_F(FileSink, AFileThatSomebodyMovedIsMadeAnew) {
  RotatingFile file(path(), 1000, 1);
  std::string_view lines = "first\n";
  EXPECT_EQ(file.append(lines), "");
  fs::rename(path(), path("moved"));
  lines = "second\n";
  EXPECT_EQ(file.append(lines), "");
  EXPECT_EQ(content(path("moved")), "first\n");
  EXPECT_EQ(content(path()), "second\n");
}

TEST_F(FileSink, LinesGoIntoAFileAsLongAsTheyFit) {
  RotatingFile file(path(), 10, 9);
  std::string_view lines = "1234\n1234\n12345\n1234\n12345678901234\n1\n";
  EXPECT_EQ(file.append(lines), "");
  EXPECT_TRUE(lines.empty());
  EXPECT_EQ(content(path("kymo.log.4")), "1234\n1234\n");
  EXPECT_EQ(content(path("kymo.log.3")), "12345\n");
  EXPECT_EQ(content(path("kymo.log.2")), "1234\n");
  EXPECT_EQ(content(path("kymo.log.1")), "12345678901234\n");
  EXPECT_EQ(content(path()), "1\n");
}

TEST_F(FileSink, FaultsAreKnownBefore) {
  EXPECT_EQ(log_file_fault(path()), std::nullopt);
  EXPECT_THAT(files(), ElementsAre());
  std::ofstream(path()) << "x";
  EXPECT_EQ(log_file_fault(path()), std::nullopt);
  EXPECT_THAT(log_file_fault(folder_.string()).value_or(""), HasSubstr("is no regular file"));
  EXPECT_THAT(log_file_fault(path("a/b")).value_or(""), HasSubstr("does not exist; make it first"));
}

TEST_F(FileSink, ALinkStaysAndTheFileThatItLeadsToRotates) {
  fs::create_directory(folder_ / "disk");
  fs::create_symlink("disk", folder_ / "folder");
  fs::create_symlink("folder/real.log", folder_ / "second");
  fs::create_symlink(folder_ / "second", folder_ / "kymo.log");  // nothing is behind the chain yet
  EXPECT_EQ(log_file_fault(path()), std::nullopt);
  {
    const Logger logger(file_sink({.path = path(), .max_bytes = 10, .older_files = 1}));
    logger.info("first");
    logger.info("second");
  }
  EXPECT_THAT(files(), ElementsAre("disk", "folder", "kymo.log", "second"));
  EXPECT_TRUE(fs::is_symlink(path()) && fs::is_symlink(path("second")));
  EXPECT_THAT(lines(path("disk/real.log")), ElementsAre("INFO  second"));
  EXPECT_THAT(lines(path("disk/real.log.1")), ElementsAre("INFO  first"));
}

TEST_F(FileSink, APathMeansWhatItMeantWhenTheSinkWasMade) {
  const fs::path before = fs::current_path();
  fs::create_directory(folder_ / "elsewhere");
  fs::current_path(folder_);
  {
    const Logger logger(file_sink({.path = "kymo.log"}));
    fs::current_path(folder_ / "elsewhere");
    logger.info("m");
  }
  fs::current_path(before);
  EXPECT_THAT(lines(path()), ElementsAre("INFO  m"));
}

TEST_F(FileSink, AFileThatIsMovedAndLinkedToGoesOnWhereItIsNow) {
  RotatingFile file(path(), 7, 1);
  std::string_view lines = "first\n";
  EXPECT_EQ(file.append(lines), "");
  fs::create_directory(folder_ / "disk");
  fs::rename(path(), path("disk/kymo.log"));
  fs::create_symlink("disk/kymo.log", path());
  lines = "second\n";
  EXPECT_EQ(file.append(lines), "");
  EXPECT_TRUE(fs::is_symlink(path()));
  EXPECT_EQ(content(path("disk/kymo.log.1")), "first\n");
  EXPECT_EQ(content(path("disk/kymo.log")), "second\n");
}

TEST_F(FileSink, DevicesAndTheKernelsFilesAreRefusedByWhateverWay) {
  std::ofstream(path("target")) << "kept";
  const int descriptor = ::open(path("target").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const std::string number = std::to_string(descriptor);
  fs::create_symlink("/dev/stdout", path("to_stdout"));
  fs::create_symlink("to_stdout", path("to_link"));
  fs::create_symlink("/proc/self/fd", path("descriptors"));
  for (const std::string& refused :
       {std::string("/dev/stdout"), std::string("/dev/null"), "/dev/fd/" + number,
        std::string("/dev/shm/kymo.log"), "/proc/self/fd/" + number, std::string("/sys/kernel/profiling"),
        std::string("/tmp/../dev/stderr"), path("to_stdout"), path("to_link"),
        path("descriptors/" + number)}) {
    EXPECT_THAT(log_file_fault(refused).value_or(""), HasSubstr(", where no log can be rotated; "))
        << refused;
    Complaints complaints;
    Logger(file_sink({.path = refused, .max_bytes = 1, .complaints = complaints.sink()})).info("m");
    EXPECT_THAT(complaints.wait_for(1), HasSubstr("where no log can be rotated")) << refused;
  }
  ::close(descriptor);
  EXPECT_EQ(content(path("target")), "kept");
}

TEST_F(FileSink, ALinkOfAnotherUserIsNotFollowed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a link to somebody else";
  std::ofstream(path("ours")) << "kept";
  fs::create_directory(folder_ / "folder");
  fs::create_symlink("ours", path("file_link"));
  fs::create_symlink("folder", path("folder_link"));
  fs::create_symlink("file_link", path("link_to_link"));
  for (const char* link : {"file_link", "folder_link"}) {
    ASSERT_EQ(::lchown(path(link).c_str(), 65534, 65534), 0);
  }
  for (const char* refused :
       {"file_link", "link_to_link", "folder_link/kymo.log", "folder/../folder_link/x"}) {
    EXPECT_THAT(log_file_fault(path(refused)).value_or(""), HasSubstr("a symbolic link of another user"));
    Complaints complaints;
    Logger(file_sink({.path = path(refused), .complaints = complaints.sink()})).info("m");
    EXPECT_THAT(complaints.wait_for(1), HasSubstr("a symbolic link of another user")) << refused;
  }
  EXPECT_EQ(content(path("ours")), "kept");
  EXPECT_TRUE(fs::is_empty(folder_ / "folder"));
}

TEST_F(FileSink, LinksThatLeadNowhereAreRefused) {
  fs::create_symlink("b", path("a"));
  fs::create_symlink("a", path("b"));
  EXPECT_THAT(log_file_fault(path("a")).value_or(""), HasSubstr("is a cycle of symbolic links"));
  fs::create_symlink("not_there/kymo.log", path("dangling"));
  EXPECT_THAT(log_file_fault(path("dangling")).value_or(""),
              HasSubstr("not_there does not exist; make it first"));
  fs::create_symlink(folder_, path("to_folder"));
  EXPECT_THAT(log_file_fault(path("to_folder")).value_or(""), HasSubstr("is no regular file"));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", path("to_pipe"));
  EXPECT_THAT(log_file_fault(path("to_pipe")).value_or(""), HasSubstr("is no regular file"));
}

TEST(LineQueue, TakesWhatFitsAndCountsTheRest) {
  LineQueue queue(10);
  EXPECT_TRUE(queue.push("1234\n"));
  EXPECT_TRUE(queue.push("1234\n"));
  EXPECT_FALSE(queue.push("1\n"));
  EXPECT_FALSE(queue.push("1\n"));
  const auto batch = queue.take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->lines, "1234\n1234\n");
  EXPECT_EQ(batch->lost, 2U);
  EXPECT_TRUE(queue.push("1\n"));
  queue.close();
  EXPECT_EQ(queue.take()->lost, 0U);
  EXPECT_FALSE(queue.take());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
