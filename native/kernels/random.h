// Blocks of Philox4x64-10, eight at a time where there are vectors of eight 64-bit numbers.
//
// Source: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include "table.h"

#if defined(__AVX512F__)
#if defined(__GNUC__) && !defined(__clang__)  // GCC 12 finds the unused parts of its own intrinsics uninitialised
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#endif

namespace glassnet {
namespace {

constexpr std::uint64_t kFactor0 = 0xD2E7470EE14C6C93ull, kFactor1 = 0xCA5A826395121157ull;
constexpr std::uint64_t kStep0 = 0x9E3779B97F4A7C15ull, kStep1 = 0xBB67AE8584CAA73Bull;  // of the keys, each round
constexpr int kRounds = 10;

inline std::uint64_t high(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(a) * b) >> 64);
}

inline void draw_block(const Stream& s, std::uint64_t number, std::uint64_t* to) {
    std::uint64_t a = number, b = s.step, c = s.epoch, d = s.member;
    std::uint64_t key0 = s.seed, key1 = static_cast<std::uint64_t>(s.purpose);
    for (int round = 0; round < kRounds; ++round, key0 += kStep0, key1 += kStep1) {
        const std::uint64_t high0 = high(kFactor0, a), high1 = high(kFactor1, c);
        const std::uint64_t low0 = kFactor0 * a, low1 = kFactor1 * c;
        a = high1 ^ b ^ key0;
        b = low1;
        c = high0 ^ d ^ key1;
        d = low0;
    }
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
}

#if defined(__AVX512F__)
// The 128-bit products of each lane with a constant, from four products of 32-bit halves.
inline void multiply(std::uint64_t factor, __m512i x, __m512i& high, __m512i& low) {
    const __m512i mask = _mm512_set1_epi64(0xFFFFFFFFll), x_high = _mm512_srli_epi64(x, 32);
    const __m512i f_low = _mm512_set1_epi64(static_cast<long long>(factor & 0xFFFFFFFFull));
    const __m512i f_high = _mm512_set1_epi64(static_cast<long long>(factor >> 32));
    const __m512i ll = _mm512_mul_epu32(f_low, x), lh = _mm512_mul_epu32(f_low, x_high);
    const __m512i hl = _mm512_mul_epu32(f_high, x), hh = _mm512_mul_epu32(f_high, x_high);
    const __m512i t = _mm512_add_epi64(hl, _mm512_srli_epi64(ll, 32));
    const __m512i u = _mm512_add_epi64(lh, _mm512_and_si512(t, mask));
    high = _mm512_add_epi64(_mm512_add_epi64(hh, _mm512_srli_epi64(t, 32)), _mm512_srli_epi64(u, 32));
    low = _mm512_or_si512(_mm512_slli_epi64(u, 32), _mm512_and_si512(ll, mask));
}

inline void store_pair(std::uint64_t* to, __m512i low, __m512i high, __m512i choice) {
    const __m512i both = _mm512_permutex2var_epi64(low, choice, high);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(both));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 8), _mm512_extracti64x4_epi64(both, 1));
}

inline void draw_eight(const Stream& s, std::uint64_t number, std::uint64_t* to) {
    const __m512i places = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    __m512i a = _mm512_add_epi64(_mm512_set1_epi64(static_cast<long long>(number)), places);
    __m512i b = _mm512_set1_epi64(static_cast<long long>(s.step));
    __m512i c = _mm512_set1_epi64(static_cast<long long>(s.epoch));
    __m512i d = _mm512_set1_epi64(static_cast<long long>(s.member));
    std::uint64_t key0 = s.seed, key1 = static_cast<std::uint64_t>(s.purpose);
    for (int round = 0; round < kRounds; ++round, key0 += kStep0, key1 += kStep1) {
        __m512i high0, low0, high1, low1;
        multiply(kFactor0, a, high0, low0);
        multiply(kFactor1, c, high1, low1);
        a = _mm512_xor_si512(_mm512_xor_si512(high1, b), _mm512_set1_epi64(static_cast<long long>(key0)));
        b = low1;
        c = _mm512_xor_si512(_mm512_xor_si512(high0, d), _mm512_set1_epi64(static_cast<long long>(key1)));
        d = low0;
    }
    const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    const __m512i even_ab = _mm512_unpacklo_epi64(a, b), odd_ab = _mm512_unpackhi_epi64(a, b);
    const __m512i even_cd = _mm512_unpacklo_epi64(c, d), odd_cd = _mm512_unpackhi_epi64(c, d);
    store_pair(to, even_ab, even_cd, first);
    store_pair(to + 4, odd_ab, odd_cd, first);
    store_pair(to + 16, even_ab, even_cd, second);
    store_pair(to + 20, odd_ab, odd_cd, second);
}
#endif

// NumPy counts up before it mixes: its first block is number 1.
inline void draw(const Stream& s, std::uint64_t first_block, std::uint64_t blocks, std::uint64_t* numbers) {
    std::uint64_t i = 0;
#if defined(__AVX512F__)
    for (; i + 8 <= blocks; i += 8) draw_eight(s, first_block + i + 1, numbers + 4 * i);
#endif
    for (; i < blocks; ++i) draw_block(s, first_block + i + 1, numbers + 4 * i);
}

}  // namespace
}  // namespace glassnet
