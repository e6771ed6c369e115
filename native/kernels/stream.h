// A stream of raw random numbers, and the function that draws from it.
#pragma once

#include <cstdint>

namespace glassnet {

enum class Purpose : std::uint64_t { order = 4, dropout = 5 };

// One stream: key (seed, purpose), counter (block, step, epoch, member).
struct Stream {
    std::uint64_t seed;
    Purpose purpose;
    std::uint64_t member, epoch, step;
};

// Writes numbers 4 * first_block ... of the stream, four to a block: random.h.
using Draw = void (*)(const Stream& stream, std::uint64_t first_block, std::uint64_t blocks, std::uint64_t* numbers);

}  // namespace glassnet
