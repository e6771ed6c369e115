#include "ahead.h"

#include <algorithm>

namespace glassnet {
namespace {

constexpr int kLooks = 400;             // about 20 microseconds of looking before sleeping
constexpr std::int64_t kRowsALook = 8;  // rows whose order is made in the time of one look

inline void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

}  // namespace

OrdersAhead::OrdersAhead(std::int64_t epochs, std::int64_t rows, Make make)
        : epochs_(epochs), patience_(16 + rows / kRowsALook), make_(std::move(make)) {
    begin(0);
}

OrdersAhead::~OrdersAhead() { end(); }

void OrdersAhead::begin(std::int64_t epoch) {
    for (Slot& one : slots_) one.state = kNobody;
    now_ = epoch;
    is_ending_ = false;
    thread_ = std::thread([this] { serve(); });
}

void OrdersAhead::end() {
    is_ending_ = true;
    now_ = epochs_;  // it waits for a change
    now_.notify_all();
    thread_.join();
}

// Makes the first order that nobody has begun, if there is room for one.
bool OrdersAhead::make_next(std::int64_t now, OrderRoom& room) {
    for (std::int64_t epoch = now; epoch < std::min(now + kSlots, epochs_); ++epoch) {
        Slot& one = slot(epoch);
        std::int64_t state = one.state.load();
        // Only older orders make way: whoever saw an old `now` overwrites nothing that is in use.
        if (state >= epoch || !one.state.compare_exchange_strong(state, kMaking)) continue;
        make_(epoch, one.order, room);
        one.state = epoch;
        return true;
    }
    return false;
}

void OrdersAhead::serve() {
    OrderRoom room;
    int looks = 0;
    for (;;) {
        const std::int64_t now = now_.load();
        if (is_ending_) return;  // looked at after `now_`: who sees that it has moved to the end sees this too
        if (make_next(now, room))
            looks = 0;
        else if (++looks < kLooks)
            pause();
        else
            now_.wait(now);
    }
}

const std::uint32_t* OrdersAhead::order(std::int64_t epoch) {
    if (epoch < now_.load()) {  // the run was begun again
        end();
        begin(epoch);
    }
    now_ = epoch;
    now_.notify_all();
    Slot& one = slot(epoch);
    for (std::int64_t look = 0; look < patience_; ++look) {
        if (one.state.load() == epoch) return one.order.data();
        if (!make_next(epoch, room_)) pause();
    }
    make_(epoch, own_, room_);
    return own_.data();
}

}  // namespace glassnet
