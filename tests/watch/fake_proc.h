#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::watch::test {

/// A folder that looks like /proc with processes that a test makes up; gone when this ends.
class FakeProc final {
 public:
  struct Process {
    std::string name = "server";
    char state = 'S';
    unsigned parent = 1;
    unsigned long minor_faults = 0, major_faults = 0, user_ticks = 0, system_ticks = 0;
    unsigned long waited_minor_faults = 0, waited_user_ticks = 0, waited_system_ticks = 0;
    unsigned threads = 1;
    unsigned long start_ticks = 1000;
    unsigned long rss_kb = 4000;
  };

  FakeProc() {
    std::string name = (std::filesystem::temp_directory_path() / "kymo-proc-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;
  ~FakeProc() { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::string root() const { return root_.string(); }

  void write(const std::string& path, const std::string& text) const {
    const auto file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }

  void put(unsigned pid, const Process& one) const {
    const std::string folder = std::to_string(pid);
    const auto text = [](auto number) { return std::to_string(number); };
    write(folder + "/stat", folder + " (" + one.name + ") " + one.state + " " + text(one.parent) +
                                " 1 1 0 -1 4194304 " + text(one.minor_faults) + " " +
                                text(one.waited_minor_faults) + " " + text(one.major_faults) + " 0 " +
                                text(one.user_ticks) + " " + text(one.system_ticks) + " " +
                                text(one.waited_user_ticks) + " " + text(one.waited_system_ticks) + " 20 0 " +
                                text(one.threads) + " 0 " + text(one.start_ticks) + " 1000000 1000 0\n");
    write(folder + "/status", "Name:\t" + one.name + "\nVmRSS:\t" + text(one.rss_kb) + " kB\nRssAnon:\t" +
                                  text(one.rss_kb / 2) + " kB\nVmSwap:\t0 kB\nCpus_allowed_list:\t0-3\n");
    write(folder + "/comm", one.name + "\n");
  }
  void put_io(unsigned pid, unsigned long read, unsigned long written) const {
    const std::string numbers = "rchar: " + std::to_string(read) + "\nwchar: " + std::to_string(written);
    write(std::to_string(pid) + "/io",
          numbers + "\nsyscr: 1\nsyscw: 1\nread_bytes: " + std::to_string(read / 2) +
              "\nwrite_bytes: " + std::to_string(written / 2) + "\ncancelled_write_bytes: 0\n");
  }
  /// A thread: nanoseconds on a CPU and waiting for one, switches.
  void put_task(unsigned pid, unsigned id, char state, unsigned long ran, unsigned long waited,
                unsigned long voluntary, unsigned long forced) const {
    const std::string folder = std::to_string(pid) + "/task/" + std::to_string(id);
    write(folder + "/status", std::string("State:\t") + state + " (x)\nvoluntary_ctxt_switches:\t" +
                                  std::to_string(voluntary) + "\nnonvoluntary_ctxt_switches:\t" +
                                  std::to_string(forced) + "\n");
    write(folder + "/schedstat", std::to_string(ran) + " " + std::to_string(waited) + " 5\n");
  }
  void put_files(unsigned pid, unsigned count) const {
    remove(std::to_string(pid) + "/fd");
    for (unsigned i = 0; i < count; ++i) write(std::to_string(pid) + "/fd/" + std::to_string(i), "");
  }

 private:
  std::filesystem::path root_;
};

}  // namespace kymo::KYMO_ABI::watch::test
