#include "pool.h"

#include "tiny.h"

namespace glassnet {
namespace {

// About 20 microseconds of looking before sleeping: longer than the gap between two phases of a step.
constexpr int kLooks = 400;

inline void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

}  // namespace

Pool::Pool(int threads) {
    for (int worker = 1; worker < threads; ++worker) workers_.emplace_back([this, worker] { serve(worker); });
}

Pool::~Pool() {
    is_ending_ = true;
    ++call_;
    call_.notify_all();
    for (std::thread& one : workers_) one.join();
}

void Pool::take(int worker) {
    for (int task = next_++; task < tasks_; task = next_++) (*work_)(task, worker);
}

void Pool::run(int tasks, const std::function<void(int, int)>& work) {
    if (workers_.empty() || tasks <= 1) {
        for (int task = 0; task < tasks; ++task) work(task, 0);
        return;
    }
    tasks_ = tasks;
    work_ = &work;
    next_ = 0;
    open_ = call_.load() + 1;
    ++call_;
    call_.notify_all();
    take(0);
    open_ = 0;
    // A worker first counts itself inside and then looks whether the run is open, so none is missed here.
    for (int look = 0; inside_.load() != 0; ++look) look < kLooks ? pause() : std::this_thread::yield();
}

std::uint64_t Pool::wait_after(std::uint64_t seen) {
    for (int look = 0; look < kLooks; ++look) {
        if (call_.load() != seen) return call_.load();
        pause();
    }
    call_.wait(seen);
    return call_.load();
}

void Pool::serve(int worker) {
    const TinyIsZero quick;
    std::uint64_t seen = 0;
    while (!is_ending_) {
        seen = wait_after(seen);
        ++inside_;
        if (open_.load() == seen && !is_ending_) take(worker);
        --inside_;
    }
}

}  // namespace glassnet
