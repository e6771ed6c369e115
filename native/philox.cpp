// What is made of the raw numbers: orders of rows, and lanes for dropout.
#include "philox.h"

namespace glassnet {
namespace {

// One stable pass of counting sort of `count` numbers by `bits` bits from `shift` on.
template <class At>
void sort_pass(std::uint64_t count, const At& at, std::vector<Keyed>& to, std::vector<std::uint32_t>& start, int shift,
               int bits) {
    start.assign(std::size_t{1} << bits, 0);
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    for (std::uint64_t i = 0; i < count; ++i) ++start[(at(i).key >> shift) & mask];
    std::uint32_t sum = 0;
    for (std::uint32_t& one : start) {
        const std::uint32_t number = one;
        one = sum;
        sum += number;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        const Keyed one = at(i);
        to[start[(one.key >> shift) & mask]++] = one;
    }
}

// Sorts what is sorted by its leading bits already; equal keys keep their order.
void insertion_sort(std::vector<Keyed>& keyed) {
    for (std::size_t i = 1; i < keyed.size(); ++i) {
        const Keyed one = keyed[i];
        std::size_t j = i;
        for (; j > 0 && keyed[j - 1].key > one.key; --j) keyed[j] = keyed[j - 1];
        keyed[j] = one;
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
    const std::uint64_t blocks = (count + 3) / 4;
    room.numbers.resize(4 * blocks);
    draw(stream, 0, blocks, room.numbers.data());
    room.keyed.resize(count);
    room.other.resize(count);
    // Enough leading bits that neighbours seldom share them; the insertion sort settles those that do.
    int bits = 1;
    while ((std::uint64_t{1} << bits) < 2 * count) ++bits;
    const int passes = (bits + 11) / 12, each = (bits + passes - 1) / passes;
    for (int pass = 0; pass < passes; ++pass) {
        const int shift = 64 - each * (passes - pass);
        const auto drawn = [&](std::uint64_t i) { return Keyed{room.numbers[i], static_cast<std::uint32_t>(i)}; };
        const auto sorted = [&](std::uint64_t i) { return room.keyed[i]; };
        if (pass == 0)
            sort_pass(count, drawn, room.other, room.start, shift, each);
        else
            sort_pass(count, sorted, room.other, room.start, shift, each);
        room.keyed.swap(room.other);
    }
    insertion_sort(room.keyed);
}

}  // namespace glassnet
