#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <kymo/system/host.h>
#include <kymo/system/process.h>

namespace kymo::KYMO_ABI::system {
namespace {

double seconds(const ::timeval& time) noexcept {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t positive(long value, std::uint64_t fallback) noexcept {
  return value > 0 ? static_cast<std::uint64_t>(value) : fallback;
}

class LinuxHost final : public Host {
 public:
  explicit LinuxHost(const SystemOptions& options)
      : files_({.proc_root = options.proc_root, .sys_root = options.sys_root}),
        fd_directory_(files_.locate("/proc/self/fd")) {}

  base::ReadResult read(std::string_view path, std::string& text) override { return files_.read(path, text); }

  std::optional<FileSystemSpace> space(const std::string& mountpoint) override {
    struct statvfs status{};
    if (::statvfs(mountpoint.c_str(), &status) != 0) return std::nullopt;
    const std::uint64_t block = status.f_frsize;
    return FileSystemSpace{.size_bytes = status.f_blocks * block,
                           .free_bytes = status.f_bfree * block,
                           .available_bytes = status.f_bavail * block,
                           .files = status.f_files,
                           .files_free = status.f_ffree};
  }

  std::optional<std::uint64_t> open_files() override { return count_open_files(fd_directory_, Whose::own); }

  std::optional<ResourceUsage> usage() override {
    struct rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
    return ResourceUsage{.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
                         .voluntary_switches = positive(usage.ru_nvcsw, 0),
                         .involuntary_switches = positive(usage.ru_nivcsw, 0)};
  }

  HostIdentity identity() override {
    struct utsname name{};
    if (::uname(&name) != 0) return {};
    return {.sysname = name.sysname,
            .release = name.release,
            .version = name.version,
            .machine = name.machine,
            .nodename = name.nodename,
            .domainname = name.domainname};
  }

  std::optional<double> boot_seconds() override {
    struct timespec now{};
    if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return std::nullopt;
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  }

  std::uint64_t ticks_per_second() const noexcept override { return ticks_per_second_; }
  std::uint64_t page_bytes() const noexcept override { return page_bytes_; }

 private:
  base::KernelFiles files_;
  std::string fd_directory_;
  std::uint64_t ticks_per_second_ = positive(::sysconf(_SC_CLK_TCK), 100);
  std::uint64_t page_bytes_ = positive(::sysconf(_SC_PAGESIZE), 4096);
};

}  // namespace

std::unique_ptr<Host> make_linux_host(const SystemOptions& options) {
  return std::make_unique<LinuxHost>(options);
}

}  // namespace kymo::KYMO_ABI::system
