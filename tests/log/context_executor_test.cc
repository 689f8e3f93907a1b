#include <kymo/log/context_executor.h>

#include <gtest/gtest.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kept_lines.h"

namespace kymo::KYMO_ABI::log {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::awaitable;
using asio::use_awaitable;

std::string context_text() { return format_event({Level::info, {}, "", current_context().fields()}); }

/// Runs all that was spawned, on two threads.
void run_on_two_threads(asio::io_context& io) {
  std::thread other([&] { io.run(); });
  io.run();
  other.join();
}

awaitable<void> pause() {
  asio::steady_timer timer(co_await asio::this_coro::executor, 50us);
  co_await timer.async_wait(use_awaitable);
}

awaitable<void> inner_step(int number, std::atomic<int>& wrong) {
  const ContextScope scope{{"step", number}};
  const std::string expected = context_text();
  co_await pause();
  if (context_text() != expected) ++wrong;
}

/// Begins and leaves scopes around pauses, and counts the moments when its context is not what it made it.
awaitable<void> session(int id, std::atomic<int>& wrong) {
  const std::string base = context_text();
  for (int round = 0; round < 20; ++round) {
    const ContextScope scope{{"session", id}, {"round", round}};
    const std::string own = base + " session=" + std::to_string(id) + " round=" + std::to_string(round);
    co_await pause();
    if (context_text() != own) ++wrong;
    co_await inner_step(round, wrong);
    co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
    co_await asio::dispatch(co_await asio::this_coro::executor, use_awaitable);
    if (context_text() != own) ++wrong;
  }
  co_await pause();
  if (context_text() != base) ++wrong;
}

TEST(ContextExecutor, EachCoroutineKeepsItsOwnOverEveryPauseOnWhateverThread) {
  asio::io_context io;
  std::atomic<int> wrong = 0;
  for (int id = 0; id < 50; ++id) {
    const ContextScope scope{{"spawner", id % 3}};
    asio::co_spawn(with_context(io.get_executor()), session(id, wrong), asio::detached);
  }
  run_on_two_threads(io);
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(current_context().empty());
}

TEST(ContextExecutor, WithoutItAScopeStaysWithItsThread) {
  // Shows the purpose of the wrapper: the other coroutine sees the scope of the one that sleeps.
  asio::io_context io;
  std::string seen;
  const auto sleeper = []() -> awaitable<void> {
    const ContextScope scope{{"session", 1}};
    co_await pause();
  };
  asio::co_spawn(io, sleeper(), asio::detached);
  asio::post(io, [&] { seen = context_text(); });
  io.run();
  EXPECT_EQ(seen, " session=1");
}

TEST(ContextExecutor, TheThreadsOwnContextIsBackAfterEachStretch) {
  asio::io_context io;
  asio::co_spawn(
      with_context(io.get_executor()),
      []() -> awaitable<void> {
        const ContextScope scope{{"session", 1}};
        co_await pause();
        co_await pause();
      },
      asio::detached);
  const ContextScope own{{"thread", "main"}};
  while (io.run_one() > 0) EXPECT_EQ(context_text(), " thread=main");
}

TEST(ContextExecutor, AnExceptionEndsTheScopesThatItLeaves) {
  asio::io_context io;
  std::string caught;
  asio::co_spawn(
      with_context(io.get_executor()),
      [&]() -> awaitable<void> {
        const ContextScope outer{{"outer", 1}};
        try {
          const ContextScope inner{{"inner", 1}};
          co_await pause();
          throw std::runtime_error("x");
        } catch (const std::runtime_error&) {
          caught = context_text();
        }
        co_await pause();
        caught += " /" + context_text();
      },
      asio::detached);
  run_on_two_threads(io);
  EXPECT_EQ(caught, " outer=1 / outer=1");
}

TEST(ContextExecutor, AChildBeginsWithItsParentsAndLeavesItAlone) {
  asio::io_context io;
  std::vector<std::string> seen;
  asio::co_spawn(
      with_context(io.get_executor()),
      [&]() -> awaitable<void> {
        const ContextScope scope{{"parent", 1}};
        const auto child = [&]() -> awaitable<void> {
          const ContextScope own{{"child", 1}};
          co_await pause();
          seen.push_back(context_text());
        };
        co_await asio::co_spawn(with_context(co_await asio::this_coro::executor), child(), use_awaitable);
        seen.push_back(context_text());
      },
      asio::detached);
  run_on_two_threads(io);
  EXPECT_EQ(seen, (std::vector<std::string>{" parent=1 child=1", " parent=1"}));
}

TEST(ContextExecutor, SidesOfAnOperatorEachHaveTheirOwnWhereEachHasAnExecutor) {
  using namespace asio::experimental::awaitable_operators;
  asio::io_context io;
  std::atomic<int> wrong = 0;
  asio::co_spawn(
      with_context(io.get_executor()),
      [&]() -> awaitable<void> {
        const ContextScope scope{{"parent", 1}};
        const auto executor = co_await asio::this_coro::executor;
        co_await (asio::co_spawn(with_context(executor), session(1, wrong), use_awaitable) &&
                  asio::co_spawn(with_context(executor), session(2, wrong), use_awaitable));
        if (context_text() != " parent=1") ++wrong;
      },
      asio::detached);
  run_on_two_threads(io);
  EXPECT_EQ(wrong, 0);
}

TEST(ContextExecutor, CoroutinesThatShareOneAreSafeAndEndWithWhatTheyBeganWith) {
  using namespace asio::experimental::awaitable_operators;
  asio::io_context io;
  std::atomic<int> ignored = 0;
  std::string at_end;
  asio::co_spawn(
      with_context(io.get_executor()),
      [&]() -> awaitable<void> {
        co_await (session(1, ignored) && session(2, ignored) && session(3, ignored));
        at_end = "ended";
      },
      asio::detached);
  run_on_two_threads(io);
  EXPECT_EQ(at_end, "ended");
  EXPECT_TRUE(current_context().empty());
}

TEST(ContextExecutor, WorksAroundAStrandAnAnyExecutorAndAThreadPool) {
  asio::thread_pool pool(2);
  std::atomic<int> wrong = 0;
  asio::co_spawn(with_context(asio::make_strand(pool.get_executor())), session(1, wrong), asio::detached);
  asio::co_spawn(with_context(asio::any_io_executor(pool.get_executor())), session(2, wrong), asio::detached);
  asio::co_spawn(asio::make_strand(with_context(pool.get_executor())), session(3, wrong), asio::detached);
  pool.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ContextExecutor, WhatIsBoundLeavesTheCoroutineThatCallsItAlone) {
  asio::io_context io;
  std::vector<std::string> seen;
  auto bound = [&] {
    const ContextScope scope{{"bound", 1}};
    return bind_context([&] {
      const ContextScope inner{{"inner", 1}};
      seen.push_back(context_text());
    });
  }();
  asio::co_spawn(
      with_context(io.get_executor()),
      [&]() -> awaitable<void> {
        const ContextScope scope{{"session", 1}};
        bound();
        seen.push_back(context_text());
        co_await pause();
        seen.push_back(context_text());
      },
      asio::detached);
  io.run();
  EXPECT_EQ(seen, (std::vector<std::string>{" bound=1 inner=1", " session=1", " session=1"}));
}

TEST(ContextExecutor, WhatIsPostedRunsUnderIt) {
  asio::io_context io;
  std::string seen;
  {
    const ContextScope scope{{"session", 1}};
    asio::post(with_context(io.get_executor()), [&] { seen = context_text(); });
  }
  io.run();
  EXPECT_EQ(seen, " session=1");
}

TEST(ContextExecutor, ACoroutineThatNeverWentOnLeavesNothingBehind) {
  {
    asio::io_context io;
    asio::co_spawn(
        with_context(io.get_executor()),
        []() -> awaitable<void> {
          const ContextScope scope{{"session", 1}};
          asio::steady_timer timer(co_await asio::this_coro::executor, 24h);
          co_await timer.async_wait(use_awaitable);
        },
        asio::detached);
    io.poll();
  }
  EXPECT_TRUE(current_context().empty());
}

TEST(ContextExecutor, TellsOneFromAnother) {
  asio::io_context io;
  const auto one = with_context(io.get_executor());
  EXPECT_TRUE(one == ContextExecutor(one));
  EXPECT_FALSE(one == with_context(io.get_executor()));
  EXPECT_TRUE(one.inner() == io.get_executor());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
