// Threads that share numbered tasks. Who starts the tasks also works on them and never waits for a thread that has
// taken none: a busy machine costs what its other work takes, and no more.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace glassnet {

class Pool {
   public:
    explicit Pool(int threads);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    int threads() const { return static_cast<int>(workers_.size()) + 1; }

    // Calls work(task, worker) for every task in [0, tasks); worker 0 is the caller's thread.
    void run(int tasks, const std::function<void(int, int)>& work);

   private:
    void serve(int worker);
    void take(int worker);
    std::uint64_t wait_after(std::uint64_t seen);

    std::vector<std::thread> workers_;
    std::atomic<std::uint64_t> call_{0};  // counts runs; changes when one begins
    std::atomic<std::uint64_t> open_{0};  // the run that may be joined, or 0
    std::atomic<int> inside_{0};          // workers that are looking at the run
    std::atomic<int> next_{0};
    std::atomic<bool> is_ending_{false};
    int tasks_ = 0;
    const std::function<void(int, int)>* work_ = nullptr;
};

}  // namespace glassnet
