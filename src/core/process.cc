#include "process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>

namespace kymo::KYMO_ABI {
namespace {

// Changes with every shared structure; the sizes tell standard libraries and sanitizers apart.
constexpr char kMappingName[] = "kymo_v0.1";

constinit Process own_process;
constinit std::atomic<Process*> attached{nullptr};
constinit std::atomic<bool> is_apart{false};

// The header of the mapping.
struct Notice {
  static constexpr std::uint64_t kMagic = 0x305F70726F6D796B;
  std::uint64_t magic;
  std::uint64_t abi;
  Process* process;
};

// Increase it when the content of cells changes its form.
constexpr std::uint64_t kCellLayout = 2;
constexpr std::uint64_t kAbi =
    kCellLayout << 56U | sizeof(Process) << 32U | sizeof(std::string) << 16U | sizeof(std::mutex);

/// Reads /proc/self/maps line by line without allocating: this may run before all other code of a program.
class Maps final {
 public:
  Maps() noexcept : file_(open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  Maps(const Maps&) = delete;
  Maps& operator=(const Maps&) = delete;
  ~Maps() {
    if (file_ >= 0) close(file_);
  }

  [[nodiscard]] bool is_open() const noexcept { return file_ >= 0; }
  // The next line, without its newline; of a very long line only its tail. False at the end.
  bool next(std::string_view& line) noexcept {
    for (;;) {
      const std::string_view held(buffer_.data() + begin_, end_ - begin_);
      const std::size_t length = held.find('\n');
      if (length != std::string_view::npos) {
        line = held.substr(0, length);
        begin_ += length + 1;
        return true;
      }
      if (!fill()) return false;
    }
  }

 private:
  bool fill() noexcept {
    if (begin_ == 0 && end_ == buffer_.size()) begin_ = end_;  // a line longer than the buffer
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    const ssize_t got = file_ < 0 ? -1 : read(file_, buffer_.data() + end_, buffer_.size() - end_);
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
    return true;
  }

  int file_;
  std::array<char, 8192> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

Process* find_notice() noexcept {
  Maps maps;
  if (!maps.is_open()) is_apart = true;
  for (std::string_view line; maps.next(line);) {
    const std::size_t name = line.find("/memfd:");
    if (name == std::string_view::npos || !line.substr(name + 7).starts_with(kMappingName)) continue;
    std::uint64_t address = 0;
    std::from_chars(line.data(), line.data() + line.size(), address, 16);
    const auto* notice = reinterpret_cast<const Notice*>(address);
    if (notice->magic == Notice::kMagic && notice->abi == kAbi) return notice->process;
  }
  return nullptr;
}

// False without memory or memfd: then no other copy can find this one.
bool post_notice() noexcept {
  const int file = memfd_create(kMappingName, MFD_CLOEXEC);
  if (file < 0) return false;
  void* page = MAP_FAILED;
  if (ftruncate(file, sizeof(Notice)) == 0)
    page = mmap(nullptr, sizeof(Notice), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  close(file);
  if (page == MAP_FAILED) return false;
  *static_cast<Notice*>(page) = {Notice::kMagic, kAbi, &own_process};
  mprotect(page, sizeof(Notice), PROT_READ);
  return true;
}

// Other code of the process may keep using this copy's functions (at a thread's end, after a fork, to return
// a cell). So the library of this copy must never be unloaded.
void stay_loaded() noexcept {
  Dl_info info{};
  if (dladdr(&own_process, &info) == 0 || info.dli_fname == nullptr) return;
  static_cast<void>(dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
}

cells::Slab* slab_of_this_thread() noexcept { return cells::thread_slab; }

void attach_copy(Process& shared) noexcept {
  const std::size_t index = shared.copy_count.load(std::memory_order_relaxed);
  if (index < Process::kMaxCopies) {
    shared.copies[index] = {&cells::recording, &slab_of_this_thread};
    shared.copy_count.store(index + 1, std::memory_order_release);
  }
  cells::recording.store(shared.copies[0].recording->load(std::memory_order_relaxed));
  attached.store(&shared, std::memory_order_release);
}

// The loader calls this under its lock, the one lock that all copies share.
int find_or_make(dl_phdr_info* /*object*/, std::size_t /*size*/, void* /*nothing*/) {
  if (attached.load(std::memory_order_acquire) != nullptr) return 1;
  Process* found = find_notice();
  if (found == nullptr) {
    found = &own_process;
    if (!post_notice()) is_apart = true;
  }
  attach_copy(*found);
  return 1;
}

}  // namespace

void set_recording(bool on) noexcept {
  Process& shared = process();
  const std::size_t copies = shared.copy_count.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < copies; ++i) shared.copies[i].recording->store(on, std::memory_order_relaxed);
}

bool copy_is_apart() noexcept { return is_apart.load(std::memory_order_relaxed); }

Process& process() noexcept {
  if (Process* found = attached.load(std::memory_order_acquire)) return *found;
  const int saved_errno = errno;
  stay_loaded();
  dl_iterate_phdr(find_or_make, nullptr);
  errno = saved_errno;
  return *attached.load(std::memory_order_acquire);
}

}  // namespace kymo::KYMO_ABI
