#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/log/context.h>
#include <kymo/log/context_cell.h>

namespace kymo::KYMO_ABI::log {

namespace detail {

/// The context of the calling thread.
struct ThreadContext {
  /// Replaces the context, and returns the old one.
  static Context exchange(Context next) noexcept;
  [[nodiscard]] static Context get() noexcept;
  /// True if the non-empty `scope` is the context or encloses it.
  [[nodiscard]] static bool is_within(const Context& scope) noexcept;
};

/// A scope's fields and its enclosing scopes. Immutable except the count.
struct ContextNode {
  std::atomic<std::size_t> owners{1};
  Context outer;  ///< keeps its fields' texts alive
  std::string texts;
  std::vector<Field> fields;
};

}  // namespace detail

namespace {

using detail::ContextNode;

std::string_view text_of(const Field& field) {
  const auto* text = std::get_if<std::string_view>(&field.value.get());
  return text == nullptr ? std::string_view() : *text;
}

bool has_key(std::span<const Field> fields, std::string_view key) {
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) { return field.key == key; });
}

/// Copies the last field of each key, with texts into `texts`, which has room for them.
void append_copies(std::span<const Field> fields, ContextNode& node) {
  const auto copied = [&](std::string_view text) {
    const std::size_t begin = node.texts.size();
    node.texts += text;
    return std::string_view(node.texts).substr(begin);
  };
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    if (has_key(fields.subspan(i + 1), field.key)) continue;
    const bool is_text = std::holds_alternative<std::string_view>(field.value.get());
    const std::string_view key = copied(field.key);
    node.fields.push_back({key, is_text ? Value(copied(text_of(field))) : field.value});
  }
}

ContextNode* make_node(Context outer, std::span<const Field> fields) {
  auto node = std::make_unique<ContextNode>();
  std::size_t bytes = 0;
  for (const Field& field : fields) bytes += field.key.size() + text_of(field).size();
  node->texts.reserve(bytes);
  node->fields.reserve(outer.fields().size() + fields.size());
  for (const Field& field : outer.fields()) {
    if (!has_key(fields, field.key)) node->fields.push_back(field);
  }
  append_copies(fields, *node);
  node->outer = std::move(outer);
  return node.release();
}

/// Owns its node like a Context, but has no destructor, which would run before a thread's last events are
/// logged. Scopes that end in order leave nothing here.
constinit thread_local ContextNode* thread_node = nullptr;

}  // namespace

Context::Context(const Context& other) noexcept : node_(other.node_) {
  if (node_ != nullptr) node_->owners.fetch_add(1, std::memory_order_relaxed);
}

Context::~Context() {
  if (node_ != nullptr && node_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete node_;
}

std::span<const Field> Context::fields() const noexcept {
  return node_ == nullptr ? std::span<const Field>() : node_->fields;
}

namespace detail {

Context ThreadContext::exchange(Context next) noexcept {
  return Context(std::exchange(thread_node, std::exchange(next.node_, nullptr)));
}

Context ThreadContext::get() noexcept {
  if (thread_node != nullptr) thread_node->owners.fetch_add(1, std::memory_order_relaxed);
  return Context(thread_node);
}

bool ThreadContext::is_within(const Context& scope) noexcept {
  const ContextNode* node = thread_node;
  while (node != nullptr && node != scope.node_) node = node->outer.node_;
  return node != nullptr;
}

}  // namespace detail

Context current_context() noexcept { return detail::ThreadContext::get(); }

std::vector<Field> with_context_fields(std::span<const Field> own, const Context& context) {
  std::vector<Field> all(own.begin(), own.end());
  for (const Field& field : context.fields()) {
    if (!has_key(own, field.key)) all.push_back(field);
  }
  return all;
}

ContextScope::ContextScope(std::initializer_list<Field> fields) noexcept {
  try {
    own_ = Context(make_node(current_context(), {fields.begin(), fields.size()}));
  } catch (...) {  // without memory: an event without its context is better than none
    return;
  }
  detail::ThreadContext::exchange(own_);
  detail::ContextRun::keep(own_);
}

ContextScope::~ContextScope() {
  if (own_.empty() || !detail::ThreadContext::is_within(own_)) return;
  detail::ThreadContext::exchange(own_.node_->outer);
  detail::ContextRun::keep(own_.node_->outer);
}

ContextRestore::ContextRestore(Context context) noexcept
    : before_(detail::ThreadContext::exchange(std::move(context))),
      run_(detail::ContextRun::exchange(nullptr)) {}

ContextRestore::~ContextRestore() {
  detail::ContextRun::exchange(run_);
  detail::ThreadContext::exchange(std::move(before_));
}

namespace detail {

class ContextCell final {
 public:
  explicit ContextCell(Context context) noexcept : context_(std::move(context)) {}

  [[nodiscard]] Context load() const noexcept {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  void store(Context context) noexcept {
    {
      const std::lock_guard lock(mutex_);
      std::swap(context_, context);
    }
    // The old context is destroyed here, outside of the lock.
  }

 private:
  mutable std::mutex mutex_;  ///< for coroutines that share an executor and run at the same time
  Context context_;
};

namespace {

/// The thread's innermost run.
constinit thread_local ContextRun* thread_run = nullptr;

}  // namespace

std::shared_ptr<ContextCell> make_context_cell() { return std::make_shared<ContextCell>(current_context()); }

ContextRun::ContextRun(ContextCell& cell) noexcept
    : cell_(cell), outer_(std::exchange(thread_run, this)), before_(ThreadContext::exchange(cell.load())) {}

ContextRun::~ContextRun() {
  thread_run = outer_;
  ThreadContext::exchange(std::move(before_));
}

// At once, not at the run's end. The coroutine may resume on another thread before this one has returned from
// the call that suspended it.
void ContextRun::keep(const Context& context) noexcept {
  if (thread_run != nullptr) thread_run->cell_.store(context);
}

ContextRun* ContextRun::exchange(ContextRun* next) noexcept { return std::exchange(thread_run, next); }

}  // namespace detail

}  // namespace kymo::KYMO_ABI::log
