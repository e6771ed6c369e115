// What is made of the raw numbers: orders of rows, and lanes for dropout.
#include "philox.h"

#include <algorithm>

namespace glassnet {
namespace {

constexpr std::uint64_t kDrawn = 1024;  // numbers drawn at once

// Turns counts into the places where each key's numbers start.
void start_at(std::uint32_t* start, std::uint32_t keys) {
    std::uint32_t sum = 0;
    for (std::uint32_t key = 0; key < keys; ++key) {
        const std::uint32_t number = start[key];
        start[key] = sum;
        sum += number;
    }
}

// Sorts the stream's numbers by their leading bits, with their places in the last ones: so many stable counting sorts by
// so many bits each. Where a number lies does not change its keys, so those of all passes are counted at once.
template <int kPasses, int kBits>
void sort_leading(Draw draw, const Stream& stream, OrderRoom& room, std::uint64_t count) {
    constexpr std::uint32_t keys = std::uint32_t{1} << kBits;
    constexpr int first = 64 - kPasses * kBits;
    room.start.assign(kPasses * keys, 0);
    const std::uint64_t mask = room.mask;
    std::uint64_t *from = room.sorted.data(), *to = room.other.data();
    std::uint32_t* start = room.start.data();
    for (std::uint64_t i = 0; i < count;) {
        const std::uint64_t end = std::min(count, i + kDrawn);  // drawn where they are used next, in the first cache
        draw(stream, i / 4, (end - i + 3) / 4, from + i);
        for (; i < end; ++i) {
            const std::uint64_t number = from[i];
            from[i] = (number & ~mask) | i;
#pragma GCC unroll 3
            for (int pass = 0; pass < kPasses; ++pass)
                ++start[pass * keys + ((number >> (first + pass * kBits)) & (keys - 1))];
        }
    }
#pragma GCC unroll 3
    for (int pass = 0; pass < kPasses; ++pass, start += keys, std::swap(from, to)) {
        start_at(start, keys);
        for (std::uint64_t i = 0; i < count; ++i) to[start[(from[i] >> (first + pass * kBits)) & (keys - 1)]++] = from[i];
    }
    if (kPasses % 2) room.sorted.swap(room.other);
}

// Sorts what is sorted by its leading bits already; returns whether some differ in the bits of their places alone.
bool insertion_sort(std::uint64_t* values, std::uint64_t count, std::uint64_t mask) {
    bool is_tied = false;
    std::uint64_t before = values[0];
    for (std::uint64_t i = 1; i < count; ++i) {
        const std::uint64_t one = values[i];
        if (one > (before | mask)) {
            before = one;
            continue;
        }
        std::uint64_t j = i;
        for (; j > 0 && values[j - 1] > one; --j) values[j] = values[j - 1];
        values[j] = one;
        is_tied |= j > 0 && one <= (values[j - 1] | mask);
        before = values[i];
    }
    return is_tied;
}

// Numbers that differ only in the bits their places took are in the order of places: puts them in that of the numbers.
void settle_ties(Draw draw, const Stream& stream, OrderRoom& room, std::uint64_t count) {
    const auto number = [&](std::uint64_t one) {
        std::uint64_t block[4];
        draw(stream, (one & room.mask) / 4, 1, block);
        return block[(one & room.mask) % 4];
    };
    for (std::uint64_t i = 1; i < count; ++i) {
        if ((room.sorted[i] ^ room.sorted[i - 1]) > room.mask) continue;
        std::uint64_t end = i + 1;
        while (end < count && (room.sorted[end] ^ room.sorted[i]) <= room.mask) ++end;
        std::stable_sort(room.sorted.begin() + i - 1, room.sorted.begin() + end, [&](std::uint64_t a, std::uint64_t b) {
            return number(a) < number(b);
        });
        i = end;
    }
}

}  // namespace

const std::uint16_t* lanes16(Draw draw, const Stream& stream, std::uint64_t start, std::uint64_t count,
                             std::vector<std::uint64_t>& room) {
    const std::uint64_t first = start / 16, blocks = (start + count + 15) / 16 - first;
    if (room.size() < 4 * blocks) room.resize(4 * blocks);
    draw(stream, first, blocks, room.data());
    return reinterpret_cast<const std::uint16_t*>(room.data()) + start % 16;
}

void random_order(Draw draw, const Stream& stream, std::uint64_t count, OrderRoom& room) {
    int place_bits = 1;
    while ((std::uint64_t{1} << place_bits) < count) ++place_bits;
    room.mask = (std::uint64_t{1} << place_bits) - 1;
    room.sorted.resize((count + 3) / 4 * 4);  // whole blocks
    room.other.resize(room.sorted.size());
    // Few enough keys that their counts stay in the first cache, and so many leading bits that few neighbours share them
    // all: what is left to the insertion sort costs a misprediction each.
    (count < 64      ? sort_leading<1, 7>
     : count <= 1024 ? sort_leading<2, 8>
     : count <= 1 << 15 ? sort_leading<2, 10>
     : count <= 1 << 21 ? sort_leading<2, 11>
                        : sort_leading<3, 11>)(draw, stream, room, count);
    if (insertion_sort(room.sorted.data(), count, room.mask)) settle_ties(draw, stream, room, count);
}

}  // namespace glassnet
