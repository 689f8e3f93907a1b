#include <kymo/watch/process_reader.h>

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>

#include <kymo/system/process.h>
#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::watch {
namespace {

using base::ReadResult;

std::string process_path(Pid pid, std::string_view file) {
  std::string path = "/proc/" + std::to_string(pid);
  return path.append("/").append(file);
}

/// The first thread may end before the others: the process then lives on in state `Z`.
bool is_zombie(const system::ProcessStat& stat) { return stat.state == 'Z' && stat.threads <= 1; }

ThreadReading read_task(ProcFiles& files, const std::string& folder, Pid id, std::string& text) {
  ThreadReading task;
  task.id = id;
  const std::string path = folder + "/" + std::to_string(id);
  if (files.read(path + "/status", text) == ReadResult::ok) {
    const system::ProcessStatus status = system::parse_process_status(text);
    task.voluntary_switches = status.voluntary_switches;
    task.involuntary_switches = status.involuntary_switches;
    task.waits_for_io = status.state == 'D';
  }
  if (files.read(path + "/schedstat", text) == ReadResult::ok) {
    // Source: Documentation/scheduler/sched-stats.rst. Nanoseconds on a CPU, nanoseconds of waiting for one.
    system::Words words(std::string_view(text).substr(0, text.find('\n')));
    std::uint64_t ran = 0;
    std::uint64_t waited = 0;
    if (words.whole(ran) && words.whole(waited)) {
      task.cpu_seconds = static_cast<double>(ran) * 1e-9;
      task.wait_seconds = static_cast<double>(waited) * 1e-9;
    }
  }
  return task;
}

void read_tasks(ProcFiles& files, std::size_t most, ProcessReading& reading, std::string& text) {
  const std::string folder = process_path(reading.pid, "task");
  for (const Pid id : files.numbers_in(folder)) {
    if (reading.tasks.size() >= most) return;
    reading.tasks.push_back(read_task(files, folder, id, text));
  }
}

void read_io(ProcFiles& files, ProcessReading& reading, std::string& text) {
  if (files.read(process_path(reading.pid, "io"), text) != ReadResult::ok) return;
  const auto io = system::parse_process_io(text);
  if (!io) return;
  reading.read_bytes = io->read_bytes;
  reading.written_bytes = io->written_bytes;
  reading.disk_read_bytes = io->storage_read_bytes;
  reading.disk_written_bytes = io->storage_written_bytes;
}

double ticks_per_second() {
  const long ticks = ::sysconf(_SC_CLK_TCK);
  return ticks > 0 ? static_cast<double>(ticks) : 100.0;
}

}  // namespace

ProcFiles::ProcFiles(std::string proc_root, std::string sys_root)
    : files_({.proc_root = std::move(proc_root), .sys_root = std::move(sys_root), .max_open_files = 0}) {}

ReadResult ProcFiles::read(const std::string& path, std::string& text) { return files_.read(path, text); }

std::vector<Pid> ProcFiles::numbers_in(const std::string& path) const {
  std::vector<Pid> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(files_.locate(path).c_str()), &::closedir);
  if (folder == nullptr) return numbers;
  while (const ::dirent* entry = ::readdir(folder.get())) {
    std::uint64_t number = 0;
    if (system::parse_whole(entry->d_name, number)) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::optional<std::uint64_t> ProcFiles::open_files(Pid pid) const {
  return system::count_open_files(files_.locate(process_path(pid, "fd")), system::Whose::another);
}

std::optional<ProcessReading> read_process(ProcFiles& files, Pid pid, std::size_t most_tasks) {
  std::string text;
  if (files.read(process_path(pid, "stat"), text) != ReadResult::ok) return std::nullopt;
  const auto stat = system::parse_process_stat(text);
  if (!stat || stat->state == 'X') return std::nullopt;
  ProcessReading reading;
  reading.pid = pid;
  reading.parent = stat->parent;
  reading.start_ticks = stat->start_ticks;
  reading.is_zombie = is_zombie(*stat);
  reading.cpu_seconds = static_cast<double>(stat->user_ticks + stat->system_ticks) / ticks_per_second();
  reading.waited_cpu_seconds = static_cast<double>(stat->waited_ticks) / ticks_per_second();
  reading.threads = stat->threads;
  reading.minor_faults = stat->minor_faults;
  reading.major_faults = stat->major_faults;
  reading.waited_minor_faults = stat->waited_minor_faults;
  reading.waited_major_faults = stat->waited_major_faults;
  read_io(files, reading, text);
  if (reading.is_zombie) return reading;
  if (files.read(process_path(pid, "status"), text) == ReadResult::ok) {
    const system::ProcessStatus status = system::parse_process_status(text);
    reading.resident_bytes = status.resident_bytes;
    reading.anonymous_bytes = status.anonymous_bytes;
    reading.swap_bytes = status.swap_bytes;
    reading.cpus_allowed = status.cpus_allowed;
  }
  reading.open_files = files.open_files(pid);
  read_tasks(files, most_tasks, reading, text);
  return reading;
}

std::optional<std::uint64_t> read_proportional_bytes(ProcFiles& files, Pid pid) {
  std::string text;
  if (files.read(process_path(pid, "smaps_rollup"), text) != ReadResult::ok) return std::nullopt;
  const auto maps = system::parse_smaps_rollup(text);
  if (!maps) return std::nullopt;
  return maps->proportional_bytes;
}

std::vector<Pid> read_tree(ProcFiles& files, Pid root, std::span<const KnownProcess> known,
                           const Foster& foster) {
  std::multimap<Pid, Pid> children;
  std::vector<Pid> tree = {root};
  std::string text;
  for (const Pid pid : files.numbers_in("/proc/")) {
    if (files.read(process_path(pid, "stat"), text) != ReadResult::ok) continue;
    const auto stat = system::parse_process_stat(text);
    if (!stat) continue;
    children.emplace(stat->parent, pid);
    const KnownProcess one{pid, stat->start_ticks};
    const bool is_known = std::ranges::find(known, one) != known.end();
    const bool is_taken_in = foster.pid != 0 && stat->parent == foster.pid &&
                             std::ranges::find(foster.others, one) == foster.others.end();
    if (pid != root && (is_known || is_taken_in)) tree.push_back(pid);
  }
  // By index: the list grows during the walk. A process that reads as its own ancestor was replaced
  // meanwhile.
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto [begin, end] = children.equal_range(tree[i]);
    for (auto child = begin; child != end; ++child) {
      if (std::ranges::find(tree, child->second) == tree.end()) tree.push_back(child->second);
    }
  }
  std::ranges::sort(tree);
  return tree;
}

std::vector<KnownProcess> read_descendants(ProcFiles& files, Pid root) {
  std::vector<KnownProcess> all;
  for (const Pid pid : read_tree(files, root)) {
    const auto reading = pid == root ? std::nullopt : read_process(files, pid, 0);
    if (reading) all.push_back({pid, reading->start_ticks});
  }
  return all;
}

std::string read_name(ProcFiles& files, Pid pid) {
  std::string name;
  if (files.read(process_path(pid, "comm"), name) != ReadResult::ok) return {};
  name.erase(name.find_last_not_of('\n') + 1);
  return name;
}

}  // namespace kymo::KYMO_ABI::watch
