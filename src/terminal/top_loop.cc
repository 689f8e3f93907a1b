#include <kymo/terminal/top_loop.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <kymo/terminal/curses_terminal.h>

namespace kymo::KYMO_ABI::terminal {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

class TopLoop final {
 public:
  TopLoop(SharedPicture& picture, const TerminalSignals& signals, ViewState state,
          std::chrono::milliseconds interval, Alphabet alphabet, bool colors)
      : picture_(picture),
        signals_(signals),
        state_(std::move(state)),
        interval_(interval),
        alphabet_(alphabet),
        terminal_(colors) {}

  void run() {
    draw();
    while (!state_.is_over) {
      wait();
      read_signals();
      while (!state_.is_over) {
        const auto key = terminal_.read_key();
        if (!key) break;
        take_key(*key);
      }
      if (!state_.is_over && (is_stale_ || is_due())) draw();
    }
  }

 private:
  /// A copy of the state at the pause.
  struct Held {
    World world;
    std::optional<Sessions> sessions;
    Answers answers;
    Link link;
  };

  void wait() {
    std::array<pollfd, 3> waits = {
        {{STDIN_FILENO, POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}, {picture_.descriptor(), POLLIN, 0}}};
    // At least once a second: ages of events keep growing.
    int timeout = 1000;
    if (has_news_) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          drawn_ + pace() - std::chrono::steady_clock::now());
      timeout = static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 1000));
      waits[2].fd = -1;
    }
    const int ready = ::poll(waits.data(), waits.size(), timeout);
    if (ready == 0)
      is_stale_ = is_stale_ || std::chrono::steady_clock::now() - drawn_ >= std::chrono::seconds(1);
    if (ready <= 0) return;
    // The terminal is gone, and with it the user.
    if ((waits[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) state_.is_over = true;
    if ((waits[2].revents & POLLIN) != 0) {
      picture_.take_change();
      has_news_ = true;
    }
  }

  /// Frames may be a little early or late; an early one must not wait for the next.
  [[nodiscard]] std::chrono::milliseconds pace() const { return interval_ * 8 / 10; }
  [[nodiscard]] bool is_due() const {
    return has_news_ && std::chrono::steady_clock::now() - drawn_ >= pace();
  }

  void read_signals() {
    for (int signal = signals_.take(); signal != 0; signal = signals_.take()) {
      switch (signal) {
        case SIGWINCH:
          terminal_.resize();
          is_stale_ = true;
          break;
        case SIGTSTP: stop(); break;
        case SIGCONT:
          terminal_.enter();
          is_stale_ = true;
          break;
        default: state_.is_over = true;
      }
    }
  }

  void stop() {
    terminal_.leave();
    ::kill(::getpid(), SIGSTOP);  // SIGCONT resumes here
    terminal_.enter();
    is_stale_ = true;
  }

  void take_key(KeyPress key) {
    const bool was_paused = state_.is_paused;
    press(key, state_);
    picture_.requests().show(state_.page);
    if (const auto order = std::exchange(state_.profiler_order, ProfilerOrder::none);
        order != ProfilerOrder::none)
      picture_.requests().order(order);
    is_stale_ = true;
    if (state_.is_paused == was_paused) return;
    held_.reset();
    if (!state_.is_paused) return;
    picture_.with([this](const SharedPicture::Picture& now) {
      held_ = Held{now.store.world(), now.sessions, now.answers, now.link};
    });
  }

  void draw() {
    // A terminal that accepts no output, as after Ctrl-S, must not stop the feed: write without the lock.
    if (held_) {
      terminal_.show(canvas_of({held_->world, held_->sessions ? &*held_->sessions : nullptr, held_->link,
                                unix_now(), &held_->answers}));
    } else {
      terminal_.show(picture_.with([this](const SharedPicture::Picture& now) {
        return canvas_of(
            {now.store.world(), now.sessions ? &*now.sessions : nullptr, now.link, unix_now(), &now.answers});
      }));
    }
    is_stale_ = has_news_ = false;
    drawn_ = std::chrono::steady_clock::now();
  }

  [[nodiscard]] Canvas canvas_of(const Scene& scene) {
    return draw_screen(scene, state_, terminal_.size(), alphabet_);
  }

  SharedPicture& picture_;
  const TerminalSignals& signals_;
  ViewState state_;
  const std::chrono::milliseconds interval_;
  const Alphabet alphabet_;
  CursesTerminal terminal_;
  std::optional<Held> held_;
  SteadyTime drawn_;
  bool is_stale_ = true;
  bool has_news_ = false;
};

}  // namespace

TerminalSignals::TerminalSignals() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH}) {
    // The caller told this program to ignore it, as nohup does; a blocked signal would still arrive.
    struct sigaction action{};
    const bool is_ignored = ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
    if (!is_ignored) sigaddset(&signals_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  descriptor_ = ::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot make a signalfd; are too many files open?");
}

TerminalSignals::~TerminalSignals() { ::close(descriptor_); }

TerminalSignals::Came TerminalSignals::next() const noexcept {
  signalfd_siginfo info{};
  if (::read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return {};
  return {static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
}

void run_top(SharedPicture& picture, const TerminalSignals& signals, ViewState state,
             std::chrono::milliseconds interval, Alphabet alphabet, bool colors) {
  TopLoop(picture, signals, std::move(state), interval, alphabet, colors).run();
}

}  // namespace kymo::KYMO_ABI::terminal
