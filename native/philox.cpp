// Philox4x64-10. Source: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#include "philox.h"

namespace glassnet {
namespace {

struct Block {
    std::uint64_t word[4];
};

inline std::uint64_t high(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(a) * b) >> 64);
}

inline Block mix(Block c, std::uint64_t key0, std::uint64_t key1) {
    constexpr std::uint64_t m0 = 0xD2E7470EE14C6C93ull, m1 = 0xCA5A826395121157ull;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t high0 = high(m0, c.word[0]), high1 = high(m1, c.word[2]);
        c = {{high1 ^ c.word[1] ^ key0, m1 * c.word[2], high0 ^ c.word[3] ^ key1, m0 * c.word[0]}};
        key0 += 0x9E3779B97F4A7C15ull;
        key1 += 0xBB67AE8584CAA73Bull;
    }
    return c;
}

// One stable pass of counting sort by `bits` bits from `shift` on.
void sort_pass(const std::vector<Keyed>& from, std::vector<Keyed>& to, std::vector<std::uint32_t>& start, int shift,
               int bits) {
    start.assign(std::size_t{1} << bits, 0);
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    for (const Keyed& one : from) ++start[(one.key >> shift) & mask];
    std::uint32_t sum = 0;
    for (std::uint32_t& one : start) {
        const std::uint32_t count = one;
        one = sum;
        sum += count;
    }
    for (const Keyed& one : from) to[start[(one.key >> shift) & mask]++] = one;
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

void draw(const Stream& s, std::uint64_t first_block, std::uint64_t blocks, std::uint64_t* numbers) {
    for (std::uint64_t i = 0; i < blocks; ++i) {
        // NumPy counts up before it mixes: its first block is number 1.
        const Block b = mix({{first_block + i + 1, s.step, s.epoch, s.member}}, s.seed,
                            static_cast<std::uint64_t>(s.purpose));
        for (int w = 0; w < 4; ++w) numbers[4 * i + w] = b.word[w];
    }
}

const std::uint16_t* lanes16(const Stream& stream, std::uint64_t start, std::uint64_t count,
                             std::vector<std::uint64_t>& room) {
    const std::uint64_t first = start / 16, blocks = (start + count + 15) / 16 - first;
    if (room.size() < 4 * blocks) room.resize(4 * blocks);
    draw(stream, first, blocks, room.data());
    return reinterpret_cast<const std::uint16_t*>(room.data()) + start % 16;
}

void random_order(const Stream& stream, std::uint64_t count, OrderRoom& room) {
    const std::uint64_t blocks = (count + 3) / 4;
    room.numbers.resize(4 * blocks);
    draw(stream, 0, blocks, room.numbers.data());
    room.keyed.resize(count);
    room.other.resize(count);
    for (std::uint64_t i = 0; i < count; ++i) room.keyed[i] = {room.numbers[i], static_cast<std::uint32_t>(i)};
    // Enough leading bits that neighbours seldom share them; the insertion sort settles those that do.
    int bits = 0;
    while ((std::uint64_t{1} << bits) < 4 * count) ++bits;
    const int passes = (bits + 10) / 11, each = passes ? (bits + passes - 1) / passes : 0;
    for (int pass = 0; pass < passes; ++pass) {
        sort_pass(room.keyed, room.other, room.start, 64 - each * (passes - pass), each);
        room.keyed.swap(room.other);
    }
    insertion_sort(room.keyed);
}

}  // namespace glassnet
