// Weights into the panels that the forward product reads: (O, I) rows become, panel by panel, (I, panel width).
//
// A square of L x L lanes is turned by log2(L) rounds of interleaving row i with row i + L/2.
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

template <class Real>
inline void turn_square(const Real* from, long stride, Real* to, long stride_to, int columns) {
    constexpr int L = kLanes<Real>;
    Vec<Real> row[L], next[L];
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i) row[i] = load(from + i * stride);
#pragma GCC unroll 4
    for (int round = 1; round < L; round *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < L / 2; ++i) interleave<Real>(row[i], row[i + L / 2], next[2 * i], next[2 * i + 1]);
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) row[i] = next[i];
    }
    for (int i = 0; i < columns; ++i) store(to + i * stride_to, row[i]);
}

template <class Real>
void transpose(const Transpose<Real>& f) {
    constexpr int L = kLanes<Real>, panel = kWide * L;
    for (int row = 0; row < f.rows; row += L)
        for (int column = 0; column < f.columns; column += L)
            turn_square<Real>(f.source + row * f.stride_source + column, f.stride_source,
                              f.packed + static_cast<long>(column) * panel + row, panel, least(L, f.columns - column));
}

}  // namespace
}  // namespace glassnet
