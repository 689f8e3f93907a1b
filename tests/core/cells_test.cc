#include "cell_store.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>
#include "lookup_guard.h"

namespace kymo {
namespace {

TEST(Cells, OfAThreadThatEndedGoToTheNextWithTheirCounts) {
  const CellId cell = cells::allocate_cell();
  const std::uint64_t slabs_before = cells::usage().slabs;
  constexpr std::uint64_t kThreads = 500;
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    std::thread([cell] { cells::add(cell, 3); }).join();
  }
  EXPECT_EQ(cells::sum(cell), 3 * kThreads);
  EXPECT_LE(cells::usage().slabs, slabs_before + 1) << "one after the other, they need one table";
  cells::free_cell(cell);
}

// A pthread key's destructor runs after C++ thread-local ones, and possibly after the slab was handed on.
TEST(Cells, TakeWhatTheLastDestructorsOfAThreadRecord) {
  static const CellId cell = cells::allocate_cell();
  static pthread_key_t key;
  ASSERT_EQ(pthread_key_create(&key,
                               [](void* round) {
                                 cells::add(cell, 1);
                                 const auto left = reinterpret_cast<std::uintptr_t>(round) - 1;
                                 if (left > 0) pthread_setspecific(key, reinterpret_cast<void*>(left));
                               }),
            0);
  struct AtThreadEnd {
    ~AtThreadEnd() { cells::add(cell, 10); }
  };
  constexpr std::uint64_t kThreads = 100;
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    std::thread([] {
      thread_local AtThreadEnd last;
      static_cast<void>(last);
      pthread_setspecific(key, reinterpret_cast<void*>(std::uintptr_t{3}));
      cells::add(cell, 100);
    }).join();
  }
  EXPECT_EQ(cells::sum(cell), kThreads * 113);
}

// A handler that interrupts an addition must not be lost, nor lose it.
TEST(Cells, AreExactUnderASignalHandlerThatRecordsIntoTheSame) {
  static const CellId cell = cells::allocate_cell();
  static volatile std::sig_atomic_t handled = 0;
  struct sigaction action{};
  action.sa_handler = [](int) {
    cells::add(cell, 1);
    handled = handled + 1;
  };
  struct sigaction before{};
  ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
  const itimerval every_100_us{{0, 100}, {0, 100}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &every_100_us, nullptr), 0);
  std::uint64_t added = 0;
  while (handled < 2000) {
    for (int i = 0; i < 1000; ++i) cells::add(cell, 1);
    added += 1000;
  }
  const itimerval off{};
  setitimer(ITIMER_REAL, &off, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  EXPECT_EQ(cells::sum(cell), added + static_cast<std::uint64_t>(handled));
}

// Cells in a file that is mapped shared: what an outside reader opens.
class FileArena final : public CellArena {
 public:
  static constexpr std::size_t kSize = std::size_t{1} << 28U;

  explicit FileArena(int file) : base_(map(file)) {}
  void* allocate(Use /*use*/, std::size_t bytes, std::size_t alignment) noexcept override {
    std::size_t used = used_.load();
    std::size_t begin = 0;
    do {
      begin = (used + alignment - 1) / alignment * alignment;
      if (begin + bytes > kSize) return nullptr;
    } while (!used_.compare_exchange_weak(used, begin + bytes));
    return base_ + begin;
  }
  bool begin_child() noexcept override { return false; }
  std::uint64_t refused() const noexcept override { return 0; }
  void* base() const noexcept override { return base_; }
  std::size_t used_bytes() const noexcept override { return used_.load(); }

 private:
  static std::byte* map(int file) {
    if (ftruncate(file, kSize) != 0) std::abort();
    void* base = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (base == MAP_FAILED) std::abort();
    return static_cast<std::byte*>(base);
  }
  std::byte* base_;
  std::atomic<std::size_t> used_{0};
};

// Walks a dead process' cells by their addresses in it.
class DeadReader final {
 public:
  explicit DeadReader(const void* base)
      : bytes_(static_cast<const std::byte*>(base)), root_(reinterpret_cast<const cells::Root*>(base)) {}

  [[nodiscard]] bool is_whole() const { return root_->magic == cells::Root::kMagic; }

  [[nodiscard]] std::uint64_t sum(CellId id) const {
    std::uint64_t total = in_slab(root_->shared_slab, id);
    for (std::uint32_t i = 0; i < root_->slab_count.load(); ++i) total += in_slab(root_->slabs[i].load(), id);
    return total;
  }

 private:
  template <class T>
  const T* here(const T* there) const {
    return there == nullptr
               ? nullptr
               : reinterpret_cast<const T*>(bytes_ + (reinterpret_cast<std::uint64_t>(there) - root_->base));
  }
  [[nodiscard]] std::uint64_t in_slab(const cells::Slab* slab, CellId id) const {
    if (slab == nullptr) return 0;
    const cells::Chunk* chunk = here(here(slab)->chunk[id / cells::kCellsPerChunk].load());
    return chunk == nullptr ? 0 : chunk->cell[id % cells::kCellsPerChunk].load();
  }

  const std::byte* bytes_;
  const cells::Root* root_;
};

// In a fresh process, whose store does not exist yet: lays it into the file, counts on three threads, and
// dies.
[[noreturn]] void count_and_die(const char* path) {
  const int file = open(path, O_RDWR | O_CLOEXEC);
  static FileArena arena(file);
  if (file < 0 || !cells::use_arena(&arena)) _exit(3);
  Registry registry;
  Counter counter = registry.counter("x", "X.");
  const auto cell =
      static_cast<CellId>(cells::root()->cells_used.load() - cells::kCellsPerChunk);  // the first
  if (pwrite(file, &cell, sizeof(cell), FileArena::kSize) != sizeof(cell)) _exit(4);
  for (int t = 0; t < 2; ++t) std::thread([&] { counter.add(1000); }).join();
  counter.add(5);
  kill(getpid(), SIGKILL);
  _exit(5);
}

TEST(Cells, InAFileAreReadableAfterTheProcessWasKilled) {
  std::string path = (std::filesystem::temp_directory_path() / "kymo_cells_XXXXXX").string();
  const int file = mkstemp(path.data());
  ASSERT_GE(file, 0);
  const pid_t child = fork();
  if (child == 0) execl("/proc/self/exe", "core_cells_test", "--count-and-die", path.c_str(), nullptr);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);

  CellId cell = 0;
  ASSERT_EQ(pread(file, &cell, sizeof(cell), FileArena::kSize), static_cast<ssize_t>(sizeof(cell)));
  void* base = mmap(nullptr, FileArena::kSize, PROT_READ, MAP_SHARED, file, 0);
  ASSERT_NE(base, MAP_FAILED);
  const DeadReader reader(base);
  EXPECT_TRUE(reader.is_whole());
  EXPECT_EQ(reader.sum(cell), 2005U);
  munmap(base, FileArena::kSize);
  close(file);
  std::filesystem::remove(path);
}

// A thread that only the parent has never comes out of its look-up: the child would free nothing any more.
TEST(GracePeriod, OfAForkedChildWaitsForNoThreadOfItsParent) {
  std::binary_semaphore entered(0);
  std::binary_semaphore leave(0);
  std::thread reader([&] {
    ASSERT_NE(cells::lease(), nullptr);
    const LookupGuard guard;
    entered.release();
    leave.acquire();
  });
  entered.acquire();
  const pid_t child = fork();
  if (child == 0) _exit(GracePeriod().has_passed() ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  leave.release();
  reader.join();
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace kymo

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--count-and-die") kymo::count_and_die(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
