// The register block: sums over k of a(m, k) * b(k, n), for up to 6 rows and kWide vectors of columns.
//
// Neither operand is copied: the strides of weights and activations are an odd number of cache lines, so that rows
// one below the other do not fall on the same cache sets. The order of a sum depends on the number of columns
// alone, never on how rows were cut into blocks.
#pragma once

#include "vector.h"

namespace glassnet {
namespace {

// One operand of the product, with its distance between neighbours.
template <class Real>
struct Operands {
    long depth;
    const Real* a;
    long stride_a;  // between rows m (plain), or between k (transposed, rows m side by side)
    const Real* b;
    long stride_b;  // between k
};

template <class V, int M, int N>
inline void clear(V (&total)[M][N]) {
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) total[m][n] = V{};
}

template <class Real, int M, int N, bool kTransposed>
inline void add_products(Vec<Real> (&total)[M][N], const Real* a, long stride_a, const Real* b) {
    Vec<Real> right[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) right[n] = load(b + n * kLanes<Real>);
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) {
        const Vec<Real> left = fill<Real>(kTransposed ? a[m] : a[m * stride_a]);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) total[m][n] += left * right[n];
    }
}

constexpr long kLongSum = 192;  // products of a sum from which it pays to count by fours: 4 % at 256, -3 % at 64

template <class Real, int M, int N, bool kTransposed>
inline __attribute__((always_inline)) void sum_products(Vec<Real> (&total)[M][N], const Operands<Real>& of) {
    using V = Vec<Real>;
    clear(total);
    const Real* a = of.a;
    const Real* b = of.b;
    const long step_a = kTransposed ? of.stride_a : 1;
    long k = of.depth;
    if constexpr (N == 1) {  // too few sums to hide the time of one: every second k goes to a second set
        V other[M][N];
        clear(other);
#pragma GCC unroll 1
        for (; k > 1; k -= 2) {
            add_products<Real, M, N, kTransposed>(total, a, of.stride_a, b);
            add_products<Real, M, N, kTransposed>(other, a + step_a, of.stride_a, b + of.stride_b);
            a += 2 * step_a;
            b += 2 * of.stride_b;
        }
#pragma GCC unroll 8
        for (int m = 0; m < M; ++m) total[m][0] += other[m][0];
    }
    if (N == kWide && of.depth >= kLongSum) {
#pragma GCC unroll 1
        for (; k > 3; k -= 4) {
#pragma GCC unroll 4
            for (int i = 0; i < 4; ++i) {
                add_products<Real, M, N, kTransposed>(total, a, of.stride_a, b);
                a += step_a;
                b += of.stride_b;
            }
        }
    }
#pragma GCC unroll 1
    for (; k > 0; --k) {
        add_products<Real, M, N, kTransposed>(total, a, of.stride_a, b);
        a += step_a;
        b += of.stride_b;
    }
}

template <class Real, int M, int N, bool kTransposed>
void block(const Operands<Real>& of, Real* sums) {
    Vec<Real> total[M][N];
    sum_products<Real, M, N, kTransposed>(total, of);
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) store(sums + (m * kWide + n) * kLanes<Real>, total[m][n]);
}

// A block of full width whose sums go from the registers to where they end: end.row(m, sums of the row).
template <class Real, int M, bool kTransposed, class End>
__attribute__((noinline)) void whole_block(const Operands<Real>& of, const End& end) {
    Vec<Real> total[M][kWide];
    sum_products<Real, M, kWide, kTransposed>(total, of);
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) end.row(m, total[m]);
}

// Does so for blocks of kHigh rows or one less, as most are; returns whether it did.
template <class Real, bool kTransposed, class End>
inline bool ends_at_once(const Operands<Real>& of, int height, int vectors, const End& end) {
    if (vectors != kWide || height < kHigh - 1) return false;
    if (height == kHigh)
        whole_block<Real, kHigh, kTransposed>(of, end);
    else
        whole_block<Real, kHigh - 1, kTransposed>(of, end);
    return true;
}

template <class Real, bool kTransposed>
struct Blocks {
    using Function = void (*)(const Operands<Real>&, Real*);

    template <int M, int N>
    static constexpr Function one() {
        if constexpr (N <= kWide)
            return block<Real, M, N, kTransposed>;
        else
            return nullptr;
    }
#define GLASSNET_HEIGHTS(N) \
    { one<1, N>(), one<2, N>(), one<3, N>(), one<4, N>(), one<5, N>(), one<6, N>() }
    static constexpr Function of[4][kHigh] = {GLASSNET_HEIGHTS(1), GLASSNET_HEIGHTS(2), GLASSNET_HEIGHTS(3),
                                              GLASSNET_HEIGHTS(4)};
#undef GLASSNET_HEIGHTS
};

// Cuts `count` rows into blocks of at most kHigh of about equal height.
struct Cuts {
    int blocks, least_height, taller;
    explicit Cuts(int count)
        : blocks((count + kHigh - 1) / kHigh), least_height(count / blocks), taller(count % blocks) {}
    int height(int place) const { return least_height + (place < taller ? 1 : 0); }
};

}  // namespace
}  // namespace glassnet
