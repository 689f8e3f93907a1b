// Libraries that record are loaded and unloaded, with a copy of kymo of their own or with the host's.

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>

#include "tests/robustness/child_process.h"
#include "tests/robustness/effort.h"
#include "tests/robustness/plugins/loaded_plugin.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 4;

const std::string kOwnCopy = KYMO_PLUGIN_OWN_COPY;
const std::string kHostsCopy = KYMO_PLUGIN_HOSTS_COPY;

void require(bool holds, int code) {
  if (!holds) _exit(code);
}

std::size_t address_space_gib() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    std::size_t kib = 0;
    if (word == "VmSize:" && file >> kib) return kib >> 20U;
  }
  return 0;
}

class Plugins : public testing::TestWithParam<std::string> {
 protected:
  static void expect_fine(const std::function<void()>& body) {
    const Ending ending = run_forked(body, 120s);
    EXPECT_TRUE(ending.fine()) << ending.text();
  }
};

TEST_P(Plugins, ComeAndGo) {
  expect_fine([] {
    Registry registry;
    Counter counter = registry.counter("hosts", "H.");
    const int cycles = repetitions(200, 20);
    for (int i = 0; i < cycles; ++i) {
      LoadedPlugin plugin(GetParam());
      require(plugin->record_on_threads() == 0, 10);
      counter.add(1);
      plugin.unload();
      (void)registry.snapshot();
    }
    require(counter.value() == static_cast<std::uint64_t>(cycles), 11);
  });
}

// Names, help and labels are copied: the plugin's literals are gone when the host scrapes.
TEST_P(Plugins, LeaveWhatTheyCountedInTheHostsRegistry) {
  expect_fine([] {
    Registry registry;
    LoadedPlugin plugin(GetParam());
    plugin->count(registry, "plugin.counter", 5);
    plugin.unload();
    const auto snapshot = registry.snapshot();
    const FamilySnapshot* family = snapshot->find("plugin.counter");
    require(family != nullptr && family->descriptor().help == "Counted by a plugin.", 12);
    require(to_double(family->point(0).number) == 5, 13);
  });
}

// A thread's end runs what kymo has to do then; that code must still be there.
TEST_P(Plugins, MayGoBeforeTheThreadsThatRecordedThroughThem) {
  expect_fine([] {
    for (int i = 0; i < 20; ++i) {
      LoadedPlugin plugin(GetParam());
      std::mutex one_at_a_time;  // the plugin makes its registry at the first call
      std::latch recorded(kThreads);
      std::latch gone(1);
      std::vector<std::thread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
          {
            const std::lock_guard lock(one_at_a_time);
            plugin->record_here();
          }
          recorded.count_down();
          gone.wait();
        });
      }
      recorded.wait();
      plugin->drop_handles();
      plugin.unload();
      gone.count_down();
      for (auto& thread : threads) thread.join();
    }
  });
}

// Each copy takes a key of the 1024 that a process has, and reserves its addresses.
TEST_P(Plugins, GiveBackWhatTheyTookOfTheProcess) {
  expect_fine([] {
    {
      const LoadedPlugin warm_up(GetParam());
    }
    const std::size_t before = address_space_gib();
    for (int i = 0; i < 1100; ++i) {
      const LoadedPlugin plugin(GetParam());
      plugin->record_here();
      plugin->drop_handles();
    }
    pthread_key_t key{};
    require(pthread_key_create(&key, nullptr) == 0, 14);
    require(kSanitized || address_space_gib() < before + 1024, 15);
  });
}

// The callback's code and its captures' destructors lie in the plugin.
TEST_P(Plugins, MayEndTheirCallbacksAndGoWhileTheHostScrapes) {
  expect_fine([] {
    Registry registry;
    std::vector<Registration> others;
    for (int i = 0; i < 20; ++i) {
      others.push_back(registry.observe_gauge("slow" + std::to_string(i), "S.", [] {
        std::this_thread::sleep_for(50us);
        return 1.0;
      }));
    }
    std::atomic<bool> stop{false};
    std::thread scraper([&] {
      while (!stop) (void)registry.snapshot();
    });
    for (int i = 0; i < repetitions(200, 20); ++i) {
      LoadedPlugin plugin(GetParam());
      plugin->observe(registry);
      std::this_thread::sleep_for(200us);
      plugin->end_observing();
      plugin.unload();
    }
    stop = true;
    scraper.join();
  });
}

INSTANTIATE_TEST_SUITE_P(With, Plugins, testing::Values(kOwnCopy, kHostsCopy), [](const auto& plugin) {
  return plugin.param == kOwnCopy ? "their_own_copy" : "the_hosts_copy";
});

// Without this the tests above would say nothing: a loader keeps some libraries whatever dlclose() is told.
TEST(PluginFiles, AreReallyUnloaded) {
  {
    const LoadedPlugin plugin(kHostsCopy);
  }
  EXPECT_FALSE(LoadedPlugin::stays(kHostsCopy));
}

}  // namespace
}  // namespace kymo::robustness
