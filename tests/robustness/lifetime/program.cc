// A program that begins, lives and ends in one of many ways that programs have; LIFETIME_VARIANT says which.
// With `--list` it tells their names. Exit code 0: all went well.

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/robustness/lifetime/static_objects.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

// Never destroyed: the program's threads may outlive main.
Instruments& immortal() {
  static auto& instruments = *new Instruments(default_registry(), "immortal");
  return instruments;
}

std::atomic<int> running{0};

// Begins threads that do the same again and again, and are never waited for.
void detach(int threads, const std::function<void()>& step) {
  (void)immortal();
  for (int i = 0; i < threads; ++i) {
    std::thread([step] {
      step();
      ++running;
      for (;;) step();
    }).detach();
  }
  while (running < threads) std::this_thread::yield();
}

void register_and_drop() {
  Registry registry;
  registry.counter("c", "C.").add(1);
  registry.histogram("h", "H.").record(1);
}

void look_up() {
  static const auto& family = *new Family(default_registry().family<Counter, "id">("family", "F."));
  static std::atomic<int> id{0};
  family.with(id.fetch_add(1) % 50).add();
}

[[noreturn]] void sleep_for_ever() {
  for (;;) std::this_thread::sleep_for(1h);
}

struct RecordsWhenDestroyed {
  std::function<void()> last_act = [] { immortal().record(); };
  ~RecordsWhenDestroyed() { last_act(); }
};

RecordsWhenDestroyed& of_this_thread() {
  thread_local RecordsWhenDestroyed object;
  return object;
}

void exit_from_another_thread() {
  std::thread([] { std::exit(0); }).detach();
  sleep_for_ever();
}

void thread_whose_last_act_is(const std::function<void()>& act) {
  std::thread([act] { of_this_thread().last_act = act; }).join();
}

// A child that was forked off ends as a program does, with its exit handlers.
void fork_and_exit_both() {
  immortal().record();
  const pid_t child = fork();
  if (child == 0) std::exit(0);
  int status = 0;
  waitpid(child, &status, 0);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended well");
}

struct Variant {
  std::string_view name;
  std::function<void()> main;
};

// In these variants the static objects act by themselves.
std::vector<Variant> static_variants() {
  return {
      {"static_records", [] {}},
      {"static_constructor_scrapes", [] {}},
      {"static_destructor_registers", [] {}},
      {"static_destructor_scrapes", [] {}},
      {"static_destructor_threads", [] {}},
      {"static_mortal_registry", [] {}},
      {"static_used_in_main",
       [] { first_object.record_now(), second_object.record_now(), third_object.record_now(); }},
      {"static_registration",
       [] {
         static const Registration registration =
             mortal_registry().observe_gauge("observed", "O.", [] { return 1.0; });
       }},
      {"static_registration_dies_last",
       [] {
         static Registration registration;
         registration = mortal_registry().observe_gauge("observed", "O.", [] { return 1.0; });
       }},
      {"static_handles_die_last",
       [] {
         static Counter counter;
         static std::unique_ptr<Instruments> all;
         counter = mortal_registry().counter("late", "L.");
         all = std::make_unique<Instruments>(mortal_registry(), "late");
         counter.add(1), all->record();
       }},
      {"static_snapshot_dies_last",
       [] {
         static std::shared_ptr<const Snapshot> snapshot;
         mortal_registry().histogram("late", "L.").record(3);
         snapshot = mortal_registry().snapshot();
       }},
  };
}

std::vector<Variant> exit_variants() {
  return {
      {"atexit_records", [] { std::atexit([] { immortal().record(), immortal().require_records(1); }); }},
      {"atexit_scrapes", [] { std::atexit([] { (void)default_registry().snapshot(); }); }},
      {"atexit_registers", [] { std::atexit(register_and_drop); }},
      {"atexit_starts_a_thread", [] { std::atexit([] { std::thread(register_and_drop).join(); }); }},
      {"quick_exit", [] { immortal().record(), std::quick_exit(0); }},
      {"quick_exit_records",
       [] {
         std::at_quick_exit([] { immortal().record(), (void)default_registry().snapshot(); });
         std::quick_exit(0);
       }},
      {"quick_exit_while_threads_record",
       [] {
         detach(4, [] { immortal().record(); });
         std::quick_exit(0);
       }},
      {"immediate_exit",
       [] {
         detach(4, register_and_drop);
         _exit(0);
       }},
      {"exit_from_a_thread", exit_from_another_thread},
      {"exit_from_a_thread_while_others_record",
       [] {
         detach(4, [] { immortal().record(); });
         exit_from_another_thread();
       }},
      {"main_ends_before_its_threads",
       [] {
         std::thread([] {
           std::this_thread::sleep_for(10ms);
           immortal().record();
           std::exit(0);
         }).detach();
         immortal().record();
         pthread_exit(nullptr);
       }},
      {"fork_and_exit_both", fork_and_exit_both},
      {"recording_off",
       [] {
         set_recording(false);
         std::atexit([] { immortal().record(), immortal().require_records(0), set_recording(true); });
       }},
  };
}

std::vector<Variant> thread_variants() {
  return {
      {"detached_threads_record", [] { detach(4, [] { immortal().record(); }); }},
      {"detached_threads_scrape", [] { detach(2, [] { (void)default_registry().snapshot(); }); }},
      {"detached_threads_register", [] { detach(4, register_and_drop); }},
      {"detached_threads_look_up", [] { detach(4, look_up); }},
      {"detached_threads_are_born",
       [] { detach(2, [] { std::thread([] { immortal().record(); }).join(); }); }},
      {"thread_local_of_main", [] { (void)of_this_thread(); }},
      {"thread_local_of_main_registers", [] { of_this_thread().last_act = register_and_drop; }},
      {"thread_local_of_main_scrapes",
       [] { of_this_thread().last_act = [] { (void)default_registry().snapshot(); }; }},
      {"thread_local_of_a_thread",
       [] {
         thread_whose_last_act_is([] { immortal().record(); });
         immortal().require_records(1);
       }},
      {"thread_local_registers", [] { thread_whose_last_act_is(register_and_drop); }},
      {"thread_local_looks_up", [] { thread_whose_last_act_is(look_up); }},
      {"thread_local_keeps_handles",
       [] {
         thread_whose_last_act_is([kept = Instruments(mortal_registry(), "kept")]() mutable {
           kept.record(), kept.require_records(1);
         });
       }},
  };
}

std::vector<Variant> variants() {
  std::vector<Variant> all = static_variants();
  for (auto* more : {exit_variants, thread_variants}) {
    for (Variant& variant : more()) all.push_back(std::move(variant));
  }
  return all;
}

}  // namespace
}  // namespace kymo::robustness

int main(int argc, char** argv) {
  const auto all = kymo::robustness::variants();
  if (argc == 2 && std::string_view(argv[1]) == "--list") {
    for (const auto& variant : all) std::puts(std::string(variant.name).c_str());
    return 0;
  }
  for (const auto& variant : all) {
    if (kymo::robustness::is_variant(variant.name)) return variant.main(), 0;
  }
  kymo::robustness::require(false, "LIFETIME_VARIANT is one of --list");
}
