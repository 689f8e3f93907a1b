#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <kymo/base/text_files.h>

namespace kymo::KYMO_ABI::base {
namespace {

class KernelFilesTest : public testing::Test {
 protected:
  KernelFilesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kernel_files_XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~KernelFilesTest() override { std::filesystem::remove_all(folder); }

  void put(const std::string& name, const std::string& content) const {
    std::ofstream(folder + "/" + name, std::ios::binary) << content;
  }

  std::string folder;
  std::string text;
};

TEST_F(KernelFilesTest, ReadsUnderItsRootsAndAgainFromTheStart) {
  KernelFiles files({.proc_root = folder, .sys_root = folder});
  put("stat", "one");
  EXPECT_EQ(files.read("/proc/stat", text), ReadResult::ok);
  EXPECT_EQ(text, "one");
  put("stat", "second, which is longer");
  EXPECT_EQ(files.read("/sys/stat", text), ReadResult::ok);
  EXPECT_EQ(files.read("/proc/stat", text), ReadResult::ok);
  EXPECT_EQ(text, "second, which is longer");
  put("stat", "");
  EXPECT_EQ(files.read("/proc/stat", text), ReadResult::ok);
  EXPECT_EQ(text, "");
}

TEST_F(KernelFilesTest, TellsAbsentFromFailed) {
  KernelFiles files({.proc_root = folder, .sys_root = folder});
  text = "old";
  EXPECT_EQ(files.read("/proc/none", text), ReadResult::absent);
  EXPECT_EQ(text, "");
  EXPECT_EQ(files.read("/proc", text), ReadResult::failed) << "a folder";
}

TEST_F(KernelFilesTest, ReadsLargeFilesUpToTheLimit) {
  KernelFiles files({.proc_root = folder, .sys_root = folder, .max_file_bytes = 100000});
  put("large", std::string(100000, 'x'));
  EXPECT_EQ(files.read("/proc/large", text), ReadResult::ok);
  EXPECT_EQ(text.size(), 100000U);
  put("larger", std::string(100001, 'x'));
  EXPECT_EQ(files.read("/proc/larger", text), ReadResult::failed);
  EXPECT_EQ(text, "");
}

TEST_F(KernelFilesTest, WorksOnWhenNoMoreFilesMayStayOpen) {
  KernelFiles files({.proc_root = folder, .sys_root = folder, .max_open_files = 1});
  put("a", "1");
  put("b", "2");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(files.read("/proc/a", text), ReadResult::ok);
    EXPECT_EQ(text, "1");
    EXPECT_EQ(files.read("/proc/b", text), ReadResult::ok);
    EXPECT_EQ(text, "2");
  }
}

TEST_F(KernelFilesTest, DoesNotWaitForAPipe) {
  ASSERT_EQ(::mkfifo((folder + "/pipe").c_str(), 0600), 0);
  KernelFiles files({.proc_root = folder, .sys_root = folder});
  EXPECT_EQ(files.read("/proc/pipe", text), ReadResult::failed);
}

TEST_F(KernelFilesTest, KeptFilesAreClosedOnExec) {
  KernelFiles files;
  EXPECT_EQ(files.read("/proc/stat", text), ReadResult::ok);
  int kept = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != "/proc/stat") continue;
    ++kept;
    EXPECT_NE(::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_EQ(kept, 1);
}

TEST_F(KernelFilesTest, AForkedChildReadsItsOwnAndLeavesOthersDescriptorsAlone) {
  KernelFiles files;
  ASSERT_EQ(files.read("/proc/self/stat", text), ReadResult::ok);
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // As a daemon does: everything is closed, then other files get the same numbers.
    ::dup2(next, next - 1);
    const bool own = files.read("/proc/self/stat", text) == ReadResult::ok &&
                     text.starts_with(std::to_string(::getpid()) + " ");
    std::error_code gone;
    const std::string link = "/proc/self/fd/" + std::to_string(next - 1);
    const bool untouched = std::filesystem::read_symlink(link, gone) == "/dev/null";
    ::_exit(own && untouched ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ::close(next);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
