#include <kymo/watch/sampler.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include <kymo/system/cgroup_files.h>

namespace kymo::KYMO_ABI::watch {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
/// Groups and affinity rarely change.
constexpr double kLookAroundSeconds = 5;
/// A walk over pages stops the watched process: at most a hundredth of the time, and once a second.
constexpr double kWalkPause = 100;
constexpr double kWalkInterval = 1;

double number(std::optional<double> value) { return value.value_or(kUnknown); }

/// Adds a known value; a sum without any known value stays unknown.
void add_to(double& sum, std::optional<std::uint64_t> value) {
  if (value) sum = (std::isnan(sum) ? 0.0 : sum) + static_cast<double>(*value);
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double online_cores() {
  const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  return cores > 0 ? static_cast<double>(cores) : 1.0;
}

using base::ReadResult;

std::optional<double> group_cores(ProcFiles& files, system::CgroupPlace::Version version,
                                  const std::string& directory) {
  std::string text;
  if (version == system::CgroupPlace::Version::v2) {
    if (files.read(directory + "/cpu.max", text) != ReadResult::ok) return std::nullopt;
    return system::parse_cpu_max(text).value;
  }
  std::string period;
  if (files.read(directory + "/cpu.cfs_quota_us", text) != ReadResult::ok ||
      files.read(directory + "/cpu.cfs_period_us", period) != ReadResult::ok)
    return std::nullopt;
  return system::parse_cfs_quota(text, period).value;
}

}  // namespace

struct Sampler::Sum {
  Values values;
  std::size_t tasks_read = 0;
  std::uint64_t threads = 0;
  double busiest_seconds = kUnknown;
  double busiest_wait_seconds = kUnknown;
  double waiting = 0;  // threads in a sleep for storage
};

Sampler::Sampler(ProcFiles& files, Pid pid, Scope scope, Foster foster)
    : files_(files), pid_(pid), scope_(scope), foster_(std::move(foster)) {
  const auto reading = read_process(files_, pid_, 0);
  if (!reading)
    throw std::runtime_error("there is no process " + std::to_string(pid_) + " here; `ps -e` lists them");
  if (reading->is_zombie)
    throw std::runtime_error("process " + std::to_string(pid_) +
                             " is a zombie: it has ended, and its parent, process " +
                             std::to_string(reading->parent) + ", has not waited for it; watch that one");
  start_ticks_ = reading->start_ticks;
}

std::optional<Pid> Sampler::zombie_of() const {
  const auto reading = read_process(files_, pid_, 0);
  if (!reading || reading->start_ticks != start_ticks_ || !reading->is_zombie) return std::nullopt;
  return reading->parent;
}

std::optional<Sample> Sampler::sample(double now) {
  const auto root = read_process(files_, pid_, kMostTasks);
  if (!root || root->start_ticks != start_ticks_ || root->is_zombie) return std::nullopt;
  look_around(now, *root);
  const bool is_first = !first_at_.has_value();
  if (is_first) first_at_ = last_at_ = now;
  Sample sample{.at = now - *first_at_, .seconds = now - last_at_, .values = {}};
  last_at_ = now;

  Sum sum;
  sum.values.fill(kUnknown);
  add_process(*root, sum);
  const std::vector<Pid> pids = read_pids();
  add_descendants(pids, sum);
  Values& values = sum.values;
  const auto counts = process_counts_.end();
  const auto of_tasks = task_counts_.end();
  surroundings_.threads_not_looked_at = sum.threads - std::min<std::uint64_t>(sum.threads, sum.tasks_read);
  // Sums over a part of the threads would mislead.
  const bool has_all = sum.tasks_read > 0 && surroundings_.threads_not_looked_at * 20 <= sum.threads;
  const double throttled = throttled_share(sample.seconds);
  take_proportional(now, pids, values);
  values[index_of(Metric::io_wait)] = sum.tasks_read == 0 ? kUnknown : sum.waiting > 0 ? 1.0 : 0.0;
  if (!is_first && sample.seconds > 0) {
    const auto rate = [&](Metric metric, double grown) { values[index_of(metric)] = grown / sample.seconds; };
    constexpr std::array kOfProcess = {Metric::cpu,         Metric::minor_faults, Metric::major_faults,
                                       Metric::read,        Metric::written,      Metric::disk_read,
                                       Metric::disk_written};  // in the order of ProcessCounts
    for (std::size_t i = 0; i < kOfProcess.size(); ++i) rate(kOfProcess.at(i), counts.at(i));
    rate(Metric::cpu_wait, has_all ? of_tasks[1] : kUnknown);
    rate(Metric::voluntary_switches, has_all ? of_tasks[2] : kUnknown);
    rate(Metric::involuntary_switches, has_all ? of_tasks[3] : kUnknown);
    // The kernel's clock and ours are read one after the other.
    const auto share = [&](double seconds) {
      return std::isnan(seconds) ? kUnknown : std::min(1.0, seconds / sample.seconds);
    };
    values[index_of(Metric::busiest_thread)] = share(sum.busiest_seconds);
    values[index_of(Metric::busiest_wait)] = share(sum.busiest_wait_seconds);
    values[index_of(Metric::throttled)] = throttled;
  }
  sample.values = values;
  return sample;
}

std::vector<Pid> Sampler::descendants() const {
  std::vector<Pid> pids = read_pids();
  std::erase(pids, pid_);
  return pids;
}

std::vector<Pid> Sampler::read_pids() const {
  if (scope_ == Scope::process) return {pid_};
  return read_tree(files_, pid_, known_, foster_);
}

void Sampler::add_descendants(const std::vector<Pid>& pids, Sum& sum) {
  known_.clear();
  std::vector<KnownProcess> zombies;
  surroundings_.zombies = 0;
  for (const Pid pid : pids) {
    if (pid == pid_) continue;
    const auto reading = read_process(files_, pid, kMostTasks - std::min(kMostTasks, sum.tasks_read));
    if (!reading) continue;
    const KnownProcess one{pid, reading->start_ticks};
    known_.push_back(one);
    add_process(*reading, sum);
    if (!reading->is_zombie) continue;
    zombies.push_back(one);
    // Every process is a zombie briefly: count only those that still are at the next reading.
    if (std::ranges::find(zombies_, one) != zombies_.end()) ++surroundings_.zombies;
  }
  zombies_ = std::move(zombies);
  if (foster_.pid == 0 || scope_ == Scope::process) return;
  if (const auto foster = read_process(files_, foster_.pid, 0))
    process_counts_.add(*foster, ProcessCounts::Scope::waited_for);
}

void Sampler::add_process(const ProcessReading& reading, Sum& sum) {
  process_counts_.add(reading,
                      scope_ == Scope::tree ? ProcessCounts::Scope::tree : ProcessCounts::Scope::process);
  if (reading.is_zombie) return;
  const auto level = [&](Metric metric) -> double& { return sum.values[index_of(metric)]; };
  add_to(level(Metric::resident), reading.resident_bytes);
  add_to(level(Metric::anonymous), reading.anonymous_bytes);
  add_to(level(Metric::swapped), reading.swap_bytes);
  add_to(level(Metric::threads), reading.threads);
  add_to(level(Metric::files), reading.open_files);
  add_to(level(Metric::processes), 1);
  sum.threads += reading.threads;
  add_tasks(reading, sum);
}

void Sampler::add_tasks(const ProcessReading& reading, Sum& sum) {
  for (const ThreadReading& task : reading.tasks) {
    const auto grown = task_counts_.add({reading.pid, task.id},
                                        {number(task.cpu_seconds), number(task.wait_seconds),
                                         number(task.voluntary_switches), number(task.involuntary_switches)});
    if (task.cpu_seconds && task.wait_seconds) {
      const double demand = grown[0] + grown[1];
      if (!(demand <= sum.busiest_seconds)) {
        sum.busiest_seconds = demand;
        sum.busiest_wait_seconds = grown[1];
      }
    }
    if (task.waits_for_io) sum.waiting += 1;
  }
  sum.tasks_read += reading.tasks.size();
}

/// Between two walks the last figure stays.
void Sampler::take_proportional(double now, const std::vector<Pid>& pids, Values& values) {
  if (now >= proportional_due_) {
    const double begin = steady_seconds();
    proportional_ = kUnknown;
    for (const Pid pid : pids) add_to(proportional_, read_proportional_bytes(files_, pid));
    proportional_due_ = now + std::max(kWalkInterval, kWalkPause * (steady_seconds() - begin));
  }
  values[index_of(Metric::proportional)] = proportional_;
}

double Sampler::throttled_share(double seconds) {
  const double before = throttled_before_;
  throttled_before_ = number(limits_.throttled_seconds(files_));
  // After a move to another group the counts are unrelated.
  return seconds > 0 ? std::clamp((throttled_before_ - before) / seconds, 0.0, 1.0) : kUnknown;
}

void Sampler::look_around(double now, const ProcessReading& root) {
  if (now - looked_around_at_ < kLookAroundSeconds) return;
  looked_around_at_ = now;
  limits_.look_up(files_, pid_);
  surroundings_.limit_cores = limits_.cores();
  surroundings_.cores = online_cores();
  if (root.cpus_allowed)
    surroundings_.cores = std::min(surroundings_.cores, static_cast<double>(*root.cpus_allowed));
  if (limits_.cores()) surroundings_.cores = std::min(surroundings_.cores, *limits_.cores());
}

void CgroupLimits::look_up(ProcFiles& files, Pid pid) {
  stat_files_.clear();
  cores_.reset();
  std::string text;
  if (files.read("/proc/" + std::to_string(pid) + "/cgroup", text) != ReadResult::ok) return;
  bool understood = true;
  const auto memberships = system::parse_memberships(text, understood);
  // Our own view of the mounts: the process' mounts may be unreachable from here.
  if (files.read("/proc/self/mountinfo", text) != ReadResult::ok) return;
  const auto place = system::find_cgroup("cpu", memberships, system::parse_mounts(text, understood));
  if (!place) return;
  for (const std::string& directory : place->directories) {
    stat_files_.push_back(directory + "/cpu.stat");
    const auto limit = group_cores(files, place->version, directory);
    if (limit) cores_ = std::min(cores_.value_or(*limit), *limit);
  }
}

std::optional<double> CgroupLimits::throttled_seconds(ProcFiles& files) const {
  std::optional<double> sum;
  std::string text;
  for (const std::string& path : stat_files_) {
    system::CgroupCpuStat stat;
    if (files.read(path, text) != ReadResult::ok || !system::parse_cpu_stat(text, stat)) continue;
    if (stat.throttled_seconds) sum = sum.value_or(0) + *stat.throttled_seconds;
  }
  return sum;
}

}  // namespace kymo::KYMO_ABI::watch
