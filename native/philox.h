// The raw numbers of src/glassnet/chance.py: NumPy's Philox4x64-10 stream, and what is made of it.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/stream.h"

namespace glassnet {

// Returns `count` 16-bit numbers from the place `start` of the stream on; `room` holds them until the next call.
const std::uint16_t* lanes16(Draw draw, const Stream& stream, std::uint64_t start, std::uint64_t count,
                             std::vector<std::uint64_t>& room);

// Memory that orders are made in, kept from one to the next.
struct OrderRoom {
    std::vector<std::uint64_t> sorted, other;  // a number's leading bits, then its place
    std::vector<std::uint32_t> start;
    std::uint64_t mask = 0;  // the bits of the place
    std::uint64_t place(std::uint64_t i) const { return sorted[i] & mask; }
};

// Makes room.place(i) the stable argsort of the stream's first `count` numbers.
void random_order(Draw draw, const Stream& stream, std::uint64_t count, OrderRoom& room);

}  // namespace glassnet
