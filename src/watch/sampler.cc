#include "sampler.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>

namespace kymo::watch {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
/// Groups and affinity are seldom changed.
constexpr double kLookAroundSeconds = 5;
/// A walk over pages holds up the process that is watched: at most a hundredth of the time, and once a
/// second.
constexpr double kWalkPause = 100;
constexpr double kWalkInterval = 1;

double number(std::optional<std::uint64_t> value) { return value ? static_cast<double>(*value) : kUnknown; }
double number(std::optional<double> value) { return value.value_or(kUnknown); }

/// Adds what is known; a sum of which nothing is known stays unknown.
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

}  // namespace

struct Sampler::Sum {
  Values values;
  std::size_t tasks_read = 0;
  std::uint64_t threads = 0;
  double busiest_seconds = kUnknown;
  double waiting = 0;  // threads in a sleep for storage
};

Sampler::Sampler(ProcFiles& files, Pid pid, Scope scope) : files_(files), pid_(pid), scope_(scope) {
  const auto reading = read_process(files_, pid_, 0);
  if (!reading)
    throw std::runtime_error("there is no process " + std::to_string(pid_) + " here; `ps -e` lists them");
  start_ticks_ = reading->start_ticks;
}

std::optional<Sample> Sampler::sample(double now) {
  const auto root = read_process(files_, pid_, kMostTasks);
  if (!root || root->start_ticks != start_ticks_) return std::nullopt;
  look_around(now, *root);
  const bool is_first = !first_at_.has_value();
  if (is_first) first_at_ = last_at_ = now;
  Sample sample{.at = now - *first_at_, .seconds = now - last_at_, .values = {}};
  last_at_ = now;

  Sum sum;
  sum.values.fill(kUnknown);
  std::vector<Pid> pids = {pid_};
  add_process(*root, sum);
  if (scope_ == Scope::tree) {
    pids = read_tree(files_, pid_);
    for (const Pid pid : pids) {
      if (pid == pid_) continue;
      const auto reading = read_process(files_, pid, kMostTasks - std::min(kMostTasks, sum.tasks_read));
      if (reading) add_process(*reading, sum);
    }
  }
  Values& values = sum.values;
  const auto counts = process_counts_.end();
  const auto of_tasks = task_counts_.end();
  surroundings_.threads_not_looked_at = sum.threads - std::min<std::uint64_t>(sum.threads, sum.tasks_read);
  // Of a part of the threads their sums tell nothing.
  const bool has_all = sum.tasks_read > 0 && surroundings_.threads_not_looked_at * 20 <= sum.threads;
  const double throttled = throttled_share(sample.seconds);
  take_proportional(now, pids, values);
  values[index_of(Metric::io_wait)] = sum.tasks_read == 0 ? kUnknown : sum.waiting > 0 ? 1.0 : 0.0;
  if (!is_first && sample.seconds > 0) {
    const auto rate = [&](Metric metric, double grown) { values[index_of(metric)] = grown / sample.seconds; };
    constexpr std::array kOfProcess = {Metric::cpu,         Metric::minor_faults, Metric::major_faults,
                                       Metric::read,        Metric::written,      Metric::disk_read,
                                       Metric::disk_written};
    for (std::size_t i = 0; i < kOfProcess.size(); ++i) rate(kOfProcess.at(i), counts.at(i));
    rate(Metric::cpu_wait, has_all ? of_tasks[1] : kUnknown);
    rate(Metric::voluntary_switches, has_all ? of_tasks[2] : kUnknown);
    rate(Metric::involuntary_switches, has_all ? of_tasks[3] : kUnknown);
    // The kernel's clock and ours are read one after the other.
    values[index_of(Metric::busiest_thread)] =
        std::isnan(sum.busiest_seconds) ? kUnknown : std::min(1.0, sum.busiest_seconds / sample.seconds);
    values[index_of(Metric::throttled)] = throttled;
  }
  sample.values = values;
  return sample;
}

std::vector<Pid> Sampler::descendants() const {
  if (scope_ == Scope::process) return {};
  std::vector<Pid> pids = read_tree(files_, pid_);
  std::erase(pids, pid_);
  return pids;
}

void Sampler::add_process(const ProcessReading& reading, Sum& sum) {
  const auto level = [&](Metric metric) -> double& { return sum.values[index_of(metric)]; };
  add_to(level(Metric::resident), reading.resident_bytes);
  add_to(level(Metric::anonymous), reading.anonymous_bytes);
  add_to(level(Metric::swapped), reading.swap_bytes);
  add_to(level(Metric::threads), reading.threads);
  add_to(level(Metric::files), reading.open_files);
  add_to(level(Metric::processes), 1);
  process_counts_.add(
      {reading.pid, reading.start_ticks},
      {reading.cpu_seconds, static_cast<double>(reading.minor_faults),
       static_cast<double>(reading.major_faults), number(reading.read_bytes), number(reading.written_bytes),
       number(reading.disk_read_bytes), number(reading.disk_written_bytes)});
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
      sum.busiest_seconds = std::isnan(sum.busiest_seconds) ? demand : std::max(sum.busiest_seconds, demand);
    }
    if (task.waits_for_io) sum.waiting += 1;
  }
  sum.tasks_read += reading.tasks.size();
}

/// Between two walks the last one's figure stands.
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
  // A group that was left has another count.
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

}  // namespace kymo::watch
