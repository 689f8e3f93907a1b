#include <algorithm>
#include <array>
#include <memory>

#include <dirent.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <kymo/system/process.h>
#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

constexpr std::uint64_t kMaxStatusKilobytes = UINT64_MAX / 1024;

/// The number of kilobytes after `key:` in a line of /proc/self/status or smaps, in bytes.
bool kilobytes(Words words, std::uint64_t& bytes) noexcept {
  std::uint64_t value = 0;
  std::string_view unit;
  if (!words.whole(value) || value > kMaxStatusKilobytes || !words.next(unit) || unit != "kB") return false;
  bytes = value * 1024;
  return true;
}

void keep_whole(Words words, std::optional<std::uint64_t>& number) noexcept {
  std::uint64_t value = 0;
  if (words.whole(value)) number = value;
}

void keep_kilobytes(Words words, std::optional<std::uint64_t>& bytes) noexcept {
  std::uint64_t value = 0;
  if (kilobytes(words, value)) bytes = value;
}

/// Parses one of the few signed counts; negative ones become 0.
bool signed_count(Words& words, std::uint64_t& value) noexcept {
  std::string_view word;
  if (!words.next(word)) return false;
  value = 0;
  return word.starts_with('-') || parse_count(word, value);
}

/// Takes the soft limit after a line's name, which may contain blanks: `Max open files   1024   4096 files`.
bool soft_limit(std::string_view line, std::string_view name, std::optional<std::uint64_t>& limit) noexcept {
  Words words(line.substr(name.size()));
  std::string_view word;
  if (!words.next(word)) return false;
  std::uint64_t value = 0;
  limit.reset();
  if (word == "unlimited") return true;
  if (!parse_whole(word, value)) return false;
  limit = value;
  return true;
}

using DirectoryPtr = std::unique_ptr<DIR, int (*)(DIR*)>;

bool is_proc(const std::string& directory) {
  struct statfs status{};
  return ::statfs(directory.c_str(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const std::size_t name_end = text.rfind(')');  // the name may contain blanks, parentheses and newlines
  if (name_end == std::string_view::npos || !text.ends_with('\n')) return std::nullopt;
  Words words(text.substr(name_end + 1, text.size() - name_end - 2));
  ProcessStat stat;
  std::uint64_t waited_user = 0;
  std::uint64_t waited_system = 0;
  std::string_view state;
  const bool understood =
      words.next(state) && words.whole(stat.parent) && words.skip(5) && words.whole(stat.minor_faults) &&
      words.count(stat.waited_minor_faults) && words.whole(stat.major_faults) &&
      words.count(stat.waited_major_faults) && words.whole(stat.user_ticks) &&
      words.whole(stat.system_ticks) && signed_count(words, waited_user) &&
      signed_count(words, waited_system) && words.skip(2) && words.whole(stat.threads) && words.skip(1) &&
      words.whole(stat.start_ticks) && words.whole(stat.virtual_bytes) && words.whole(stat.resident_pages);
  if (!understood) return std::nullopt;
  stat.state = state.front();
  stat.waited_ticks = waited_user + waited_system;
  return stat;
}

ProcessStatus parse_process_status(std::string_view text) {
  ProcessStatus status;
  Lines lines(text);
  Words words;
  std::string_view key;
  while (lines.next(key, words)) {
    if (key == "VmRSS:") keep_kilobytes(words, status.resident_bytes);
    if (key == "VmHWM:") keep_kilobytes(words, status.peak_resident_bytes);
    if (key == "VmSwap:") keep_kilobytes(words, status.swap_bytes);
    if (key == "RssAnon:") keep_kilobytes(words, status.anonymous_bytes);
    if (key == "voluntary_ctxt_switches:") keep_whole(words, status.voluntary_switches);
    if (key == "nonvoluntary_ctxt_switches:") keep_whole(words, status.involuntary_switches);
    std::string_view state;
    if (key == "State:" && words.next(state)) status.state = state.front();
    std::string_view list;
    if (key == "Cpus_allowed_list:" && words.next(list)) status.cpus_allowed = count_cpu_list(list);
  }
  return status;
}

std::optional<std::uint64_t> count_cpu_list(std::string_view list) {
  constexpr std::uint64_t kMaxCpu = 1 << 20;
  std::uint64_t count = 0;
  while (!list.empty()) {
    const std::string_view range = list.substr(0, list.find(','));
    list.remove_prefix(std::min(range.size() + 1, list.size()));
    const std::size_t dash = range.find('-');
    std::uint64_t first = 0;
    if (!parse_whole(range.substr(0, dash), first)) return std::nullopt;
    std::uint64_t last = first;
    if (dash != std::string_view::npos && !parse_whole(range.substr(dash + 1), last)) return std::nullopt;
    if (last < first || last > kMaxCpu) return std::nullopt;
    count += last - first + 1;
  }
  if (count == 0) return std::nullopt;
  return count;
}

std::optional<MemoryMaps> parse_smaps_rollup(std::string_view text) {
  MemoryMaps maps;
  std::uint64_t private_clean = 0;
  std::uint64_t private_dirty = 0;
  std::uint64_t private_huge = 0;  // kernels without huge pages lack its line
  bool has_pss = false;
  bool has_clean = false;
  bool has_dirty = false;
  Lines lines(text);
  Words words;
  std::string_view key;
  while (lines.next(key, words)) {
    if (key == "Pss:") has_pss = kilobytes(words, maps.proportional_bytes);
    if (key == "Private_Clean:") has_clean = kilobytes(words, private_clean);
    if (key == "Private_Dirty:") has_dirty = kilobytes(words, private_dirty);
    if (key == "Private_Hugetlb:") static_cast<void>(kilobytes(words, private_huge));
  }
  if (!has_pss || !has_clean || !has_dirty) return std::nullopt;
  maps.unique_bytes = private_clean + private_dirty + private_huge;
  return maps;
}

std::optional<ProcessIo> parse_process_io(std::string_view text) {
  ProcessIo io;
  std::uint64_t cancelled = 0;
  struct Field {
    std::string_view key;
    std::uint64_t* value;
  };
  const std::array<Field, 7> fields = {{{"rchar:", &io.read_bytes},
                                        {"wchar:", &io.written_bytes},
                                        {"syscr:", &io.read_calls},
                                        {"syscw:", &io.write_calls},
                                        {"read_bytes:", &io.storage_read_bytes},
                                        {"write_bytes:", &io.storage_written_bytes},
                                        {"cancelled_write_bytes:", &cancelled}}};
  std::size_t found = 0;
  Lines lines(text);
  Words words;
  std::string_view key;
  while (lines.next(key, words)) {
    const auto* const field = std::ranges::find(fields, key, &Field::key);
    if (field == fields.end()) continue;
    if (!words.whole(*field->value)) return std::nullopt;
    ++found;
  }
  if (found < fields.size()) return std::nullopt;
  return io;
}

bool parse_limits(std::string_view text, ProcessLimits& limits) {
  constexpr std::string_view kOpenFiles = "Max open files";
  constexpr std::string_view kAddressSpace = "Max address space";
  limits = {};
  bool understood = false;
  Lines lines(text);
  std::string_view line;
  while (lines.next(line)) {
    if (line.starts_with(kOpenFiles)) understood = soft_limit(line, kOpenFiles, limits.open_files);
    if (line.starts_with(kAddressSpace)) soft_limit(line, kAddressSpace, limits.virtual_bytes);
  }
  return understood;
}

std::optional<std::uint64_t> count_open_files(const std::string& directory, Whose whose) {
  struct stat status{};
  // A user without permission to list can still stat it, and would read a zero.
  if (::stat(directory.c_str(), &status) != 0 || ::access(directory.c_str(), R_OK) != 0) return std::nullopt;
  // Since Linux 6.2 the directory's size is the number of open files: one call instead of one a descriptor.
  if (status.st_size > 0 && is_proc(directory)) return static_cast<std::uint64_t>(status.st_size);
  const DirectoryPtr entries(::opendir(directory.c_str()), &::closedir);
  if (entries == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (const ::dirent* entry = ::readdir(entries.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  const bool reads_itself = whose == Whose::own && is_proc(directory);
  return count - std::min<std::uint64_t>(count, reads_itself ? 1 : 0);  // the descriptor that reads it
}

}  // namespace kymo::KYMO_ABI::system
