// The orders of coming epochs, made by a thread of their own while the steps of this one are taken.
//
// They are functions of the seed and the epoch, so it does not matter who makes them. Whoever takes the steps makes
// those that nobody has begun, and never waits longer for one than making it would take.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "philox.h"

namespace glassnet {

using Order = std::vector<std::uint32_t>;  // rows of the table

class OrdersAhead {
 public:
    using Make = std::function<void(std::int64_t epoch, Order& order, OrderRoom& room)>;

    OrdersAhead(std::int64_t epochs, std::int64_t rows, Make make);
    ~OrdersAhead();
    OrdersAhead(const OrdersAhead&) = delete;
    OrdersAhead& operator=(const OrdersAhead&) = delete;

    // Returns the epoch's order, which stays until the next call.
    const std::uint32_t* order(std::int64_t epoch);

 private:
    static constexpr std::int64_t kNobody = -1, kMaking = INT64_MAX;
    static constexpr int kSlots = 4;  // this epoch's order and the next ones
    struct Slot {
        std::atomic<std::int64_t> state{kNobody};  // the epoch whose order lies here, or one of the above
        Order order;
    };

    void begin(std::int64_t epoch);
    void end();
    void serve();
    Slot& slot(std::int64_t epoch) { return slots_[static_cast<std::size_t>(epoch % kSlots)]; }
    bool make_next(std::int64_t now, OrderRoom& room);

    const std::int64_t epochs_, patience_;
    const Make make_;
    std::array<Slot, kSlots> slots_;
    std::atomic<std::int64_t> now_{0};  // the epoch whose steps are taken
    std::atomic<bool> is_ending_{false};
    OrderRoom room_;
    Order own_;
    std::thread thread_;
};

}  // namespace glassnet
