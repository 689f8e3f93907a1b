#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Reserved blocks for when the heap is exhausted. Threads: any.
class Reserve final {
 public:
  static constexpr std::size_t kBlockBytes = 128;

  explicit Reserve(std::size_t blocks);

  /// From the heap, otherwise a block. Throws std::bad_alloc if none is left, or a block is too small.
  [[nodiscard]] void* allocate(std::size_t bytes);
  void deallocate(void* memory) noexcept;

 private:
  union Block {
    Block* next;
    alignas(std::max_align_t) std::array<std::byte, kBlockBytes> bytes;
  };

  const std::size_t size_;
  const std::unique_ptr<Block[]> blocks_;
  std::mutex mutex_;
  Block* free_ = nullptr;
};

/// Allocates from a Reserve.
template <class T>
class ReserveAllocator {
 public:
  using value_type = T;

  explicit ReserveAllocator(Reserve& reserve) noexcept : reserve_(&reserve) {}
  template <class U>
  ReserveAllocator(const ReserveAllocator<U>& other) noexcept : reserve_(other.reserve()) {}  // NOLINT

  [[nodiscard]] T* allocate(std::size_t count) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    return static_cast<T*>(reserve_->allocate(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t /*count*/) noexcept { reserve_->deallocate(memory); }

  [[nodiscard]] Reserve* reserve() const noexcept { return reserve_; }
  template <class U>
  bool operator==(const ReserveAllocator<U>& other) const noexcept {
    return reserve_ == other.reserve();
  }

 private:
  Reserve* reserve_;
};

template <class Property>
inline constexpr bool kSetsAllocator = false;
template <class Allocator>
inline constexpr bool kSetsAllocator<boost::asio::execution::allocator_t<Allocator>> = true;

/// An Asio executor that keeps its own allocator and ignores that of a handler.
///
/// When a coroutine is destroyed from outside, Asio posts its end from a destructor. With an empty heap that
/// post would throw and end the process, so it needs reserved memory. `Inner`: an executor of an io_context
/// with a ReserveAllocator.
template <class Inner>
class KeepingExecutor {
 public:
  explicit KeepingExecutor(Inner inner) noexcept : inner_(std::move(inner)) {}

  template <class Function>
  void execute(Function&& function) const {
    inner_.execute(std::forward<Function>(function));
  }
  template <class Property>
    requires boost::asio::can_query<const Inner&, const Property&>::value
  auto query(const Property& property) const noexcept {
    return boost::asio::query(inner_, property);
  }
  boost::asio::execution_context& query(boost::asio::execution::context_t property) const noexcept {
    return boost::asio::query(inner_, property);
  }
  template <class Property>
    requires(boost::asio::can_require<const Inner&, const Property&>::value && !kSetsAllocator<Property>)
  auto require(const Property& property) const {
    return keeping(boost::asio::require(inner_, property));
  }
  bool operator==(const KeepingExecutor&) const noexcept = default;

 private:
  template <class Other>
  static KeepingExecutor<Other> keeping(Other other) noexcept {
    return KeepingExecutor<Other>(std::move(other));
  }

  Inner inner_;
};

using LoopExecutor = KeepingExecutor<decltype(boost::asio::require(
    std::declval<boost::asio::io_context::executor_type>(),
    boost::asio::execution::allocator(std::declval<ReserveAllocator<void>>())))>;

inline LoopExecutor loop_executor(boost::asio::io_context& loop, Reserve& reserve) {
  const ReserveAllocator<void> allocator(reserve);
  return LoopExecutor(
      boost::asio::require(loop.get_executor(), boost::asio::execution::allocator(allocator)));
}

/// A coroutine on a loop, and its completion token: the result is a tuple that begins with the error.
template <class T>
using Coroutine = boost::asio::awaitable<T, LoopExecutor>;
inline constexpr auto kResult = boost::asio::as_tuple(boost::asio::use_awaitable_t<LoopExecutor>());

}  // namespace kymo::KYMO_ABI::net
