#include "captured_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace kymo::KYMO_ABI::cli {

CapturedOutput::CapturedOutput() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe for the command's output");
  reading_ = ends[0];
  writing_ = ends[1];
  // Only this end: the command expects blocking writes.
  ::fcntl(reading_, F_SETFL, O_NONBLOCK);
}

CapturedOutput::~CapturedOutput() {
  close_writing_end();
  if (reading_ >= 0) ::close(reading_);
}

void CapturedOutput::close_writing_end() noexcept {
  const int end = std::exchange(writing_, -1);
  if (end >= 0) ::close(end);
}

void CapturedOutput::drain() {
  std::array<char, 65536> bytes;
  // Bounded: a fast writer must not stop the watch.
  for (int turn = 0; turn < 16 && reading_ >= 0; ++turn) {
    const ::ssize_t size = ::read(reading_, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;
    if (size == 0) {
      ::close(std::exchange(reading_, -1));
      return;
    }
    kept_.append(bytes.data(), static_cast<std::size_t>(size));
    if (kept_.size() > 2 * kMostKept) {
      dropped_ += kept_.size() - kMostKept;
      kept_.erase(0, kept_.size() - kMostKept);
    }
  }
}

std::string CapturedOutput::last_line() const {
  const std::size_t end = kept_.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const std::size_t before = kept_.rfind('\n', end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return kept_.substr(begin, end - begin + 1);
}

std::string CapturedOutput::text() const {
  if (dropped_ == 0) return kept_;
  return "kymo: monitor: earlier output of the command is missing: " + std::to_string(dropped_) +
         " bytes were dropped (--output FILE keeps all)\n" + kept_;
}

}  // namespace kymo::KYMO_ABI::cli
