#pragma once

// For programs with Asio: Boost's, or standalone with KYMO_STANDALONE_ASIO. The user's compiler compiles this
// header against the user's Asio, like <kymo/log/spdlog.h>. Nothing else in kymo includes it.

#if defined(KYMO_STANDALONE_ASIO)
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#else
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#endif

#include <memory>
#include <type_traits>
#include <utility>

#include <kymo/log/context_cell.h>

namespace kymo::KYMO_ABI::log {

namespace detail {

#if defined(KYMO_STANDALONE_ASIO)
namespace asio_api = ::asio;
#else
namespace asio_api = ::boost::asio;
#endif

/// A function object that runs as part of a coroutine.
template <typename Function>
class InContext final {
 public:
  template <typename Other>
  InContext(Other&& function, std::shared_ptr<ContextCell> cell)
      : cell_(std::move(cell)), function_(std::forward<Other>(function)) {}

  void operator()() {
    const ContextRun run(*cell_);
    std::move(function_)();
  }

 private:
  std::shared_ptr<ContextCell> cell_;
  Function function_;
};

}  // namespace detail

/// An executor in the sense of Asio, made by `with_context()`. Runs functions under its own context, and
/// leaves all else to the inner executor.
///
/// Copies share the context. Threads: any. Cost: an uncontended lock for each run, and one for each scope
/// that begins or ends there.
template <typename Inner>
class ContextExecutor {
 public:
  ContextExecutor(Inner inner, std::shared_ptr<detail::ContextCell> cell) noexcept
      : inner_(std::move(inner)), cell_(std::move(cell)) {}

  template <typename Function>
  void execute(Function&& function) const {
    inner_.execute(detail::InContext<std::decay_t<Function>>(std::forward<Function>(function), cell_));
  }

  template <typename Property>
    requires(detail::asio_api::can_query<const Inner&, Property>::value)
  decltype(auto) query(const Property& property) const {
    return detail::asio_api::query(inner_, property);
  }
  template <typename Property>
    requires(detail::asio_api::can_require<const Inner&, Property>::value)
  auto require(const Property& property) const {
    return around(detail::asio_api::require(inner_, property));
  }
  template <typename Property>
    requires(detail::asio_api::can_prefer<const Inner&, Property>::value)
  auto prefer(const Property& property) const {
    return around(detail::asio_api::prefer(inner_, property));
  }

  [[nodiscard]] const Inner& inner() const noexcept { return inner_; }
  [[nodiscard]] bool operator==(const ContextExecutor& other) const noexcept {
    return inner_ == other.inner_ && cell_ == other.cell_;
  }

 private:
  template <typename Other>
  [[nodiscard]] ContextExecutor<Other> around(Other inner) const {
    return {std::move(inner), cell_};
  }

  Inner inner_;
  std::shared_ptr<detail::ContextCell> cell_;
};

/// An executor for one coroutine. Events carry the caller's current context and the coroutine's additions:
///
///     co_spawn(log::with_context(executor), serve(session), detached);
///
/// A ContextScope in the coroutine then lives across every `co_await`, on any thread, and no other coroutine
/// sees it. Make one executor for each coroutine. Coroutines that run at the same time on one executor, as
/// both sides of Asio's `&&` do, see one another's scopes.
template <typename Executor>
[[nodiscard]] ContextExecutor<std::decay_t<Executor>> with_context(Executor&& executor) {
  return {std::forward<Executor>(executor), detail::make_context_cell()};
}

}  // namespace kymo::KYMO_ABI::log
