#include "interruptions.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <charconv>
#include <string_view>

namespace kymo::KYMO_ABI::bench {
namespace {

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

/// Of one line, ` 24:  1  0  IO-APIC …` or `LOC:  187  196  Local timer interrupts`, for one processor.
std::uint64_t count_in(std::string_view line, int processor) {
  line = without_blanks(line);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return 0;
  const bool is_device = std::isdigit(static_cast<unsigned char>(line.front())) != 0;
  if (!is_device && line.substr(0, colon) != "LOC") return 0;
  line.remove_prefix(colon + 1);
  std::uint64_t count = 0;
  for (int column = 0; column <= processor; ++column) {
    line = without_blanks(line);
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), count);
    if (error != std::errc()) return 0;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  }
  return count;
}

}  // namespace

Interruptions::Interruptions()
    : processor_(sched_getcpu()), interrupts_(open("/proc/interrupts", O_RDONLY | O_CLOEXEC)) {
  sched_getaffinity(0, sizeof(allowed_before_), &allowed_before_);
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<std::size_t>(processor_), &here);
  sched_setaffinity(0, sizeof(here), &here);
}

Interruptions::~Interruptions() {
  sched_setaffinity(0, sizeof(allowed_before_), &allowed_before_);
  if (interrupts_ >= 0) close(interrupts_);
}

std::uint64_t Interruptions::count() const {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  auto total = static_cast<std::uint64_t>(usage.ru_nivcsw);
  std::array<char, 1U << 16U> text;
  const ssize_t size = pread(interrupts_, text.data(), text.size(), 0);
  std::string_view rest(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    total += count_in(rest.substr(0, end), processor_);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return total;
}

}  // namespace kymo::KYMO_ABI::bench
