// Piecewise-linear inputs by table lookup: a number in bin k, a fraction t through it, adds to every output
//
//     (1 - t) knots[k] + t knots[k + 1],     knots[k] = sum of the weights of the bins below k,
//
// which is the product of the dense shares (1, ..., 1, t, 0, ..., 0) with those weights. So a number costs two rows of
// its table, however many bins it has. Backward, the derivatives by the knots are added up, and their sums from the
// top down are the derivatives by the weights.
//
// Loops: a stretch of outputs, then some numbers (their tables lie in the first cache), then the rows.
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

constexpr int kNumbers = 2;  // numbers whose tables are at hand together, so that y is loaded and stored less often

template <class Real, int N, int G>
void lookup_numbers(const Lookup<Real>& f, int first, int column) {
    constexpr int L = kLanes<Real>;
    for (int b = 0; b < f.rows; ++b) {
        Real* y = f.y + b * f.stride_y + column;
        Vec<Real> sum[N];
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) sum[n] = load((first == 0 ? f.bias + column : y) + n * L);
#pragma GCC unroll 4
        for (int g = 0; g < G; ++g) {
            const long at = (first + g) * f.stride_rows + b;
            const Real* low = f.knots + f.knot[at] * f.stride + column;
            const Real scale = f.scale ? f.scale[first + g] : Real(1);
            const Vec<Real> t = fill<Real>(f.fraction[at] * scale);
            const Vec<Real> rest = fill<Real>((Real(1) - f.fraction[at]) * scale);
#pragma GCC unroll 4
            for (int n = 0; n < N; ++n) sum[n] += rest * load(low + n * L);
#pragma GCC unroll 4
            for (int n = 0; n < N; ++n) sum[n] += t * load(low + f.stride + n * L);
        }
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) store(y + n * L, sum[n]);
    }
}

template <class Real, int N>
void lookup_stretch(const Lookup<Real>& f, int column) {
    int first = 0;
    for (; first + kNumbers <= f.numbers; first += kNumbers) lookup_numbers<Real, N, kNumbers>(f, first, column);
    for (; first < f.numbers; ++first) lookup_numbers<Real, N, 1>(f, first, column);
}

// y = bias + the numbers' tables.
template <class Real>
void lookup(const Lookup<Real>& f) {
    constexpr int L = kLanes<Real>;
    for (int column = 0; column < f.outputs; column += kWide * L) {
        switch (least(kWide, (f.outputs - column + L - 1) / L)) {
            case 1: lookup_stretch<Real, 1>(f, column); break;
            case 2: lookup_stretch<Real, 2>(f, column); break;
#if GLASSNET_WIDE == 4
            case 3: lookup_stretch<Real, 3>(f, column); break;
            case 4: lookup_stretch<Real, 4>(f, column); break;
#endif
        }
    }
}

template <class Real, int N>
void scatter_number(const Scatter<Real>& f, int number, int column) {
    constexpr int L = kLanes<Real>;
    for (int b = 0; b < f.rows; ++b) {
        const Real* dy = f.dy + b * f.stride_dy + column;
        const long at = number * f.stride_rows + b;
        Real* low = f.gradient + f.knot[at] * f.stride + column;
        Real* high = low + f.stride;
        const Vec<Real> t = fill<Real>(f.fraction[at]), rest = fill<Real>(Real(1) - f.fraction[at]);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) {
            const Vec<Real> d = load(dy + n * L);
            store(low + n * L, load(low + n * L) + rest * d);
            store(high + n * L, load(high + n * L) + t * d);
        }
    }
}

// Adds the derivatives of some rows to those by the knots, row after row: the bytes depend on the rows' order alone.
template <class Real>
void scatter(const Scatter<Real>& f) {
    constexpr int L = kLanes<Real>;
    for (int column = 0; column < f.outputs; column += kWide * L) {
        const int vectors = least(kWide, (f.outputs - column + L - 1) / L);
        for (int number = f.first; number < f.last; ++number) {
            if (vectors == 1) scatter_number<Real, 1>(f, number, column);
            if (vectors == 2) scatter_number<Real, 2>(f, number, column);
#if GLASSNET_WIDE == 4
            if (vectors == 3) scatter_number<Real, 3>(f, number, column);
            if (vectors == 4) scatter_number<Real, 4>(f, number, column);
#endif
        }
    }
}

// The running sums of one number's weights: what lies at its knots.
template <class Real>
void sum_up(const Table<Real>& f) {
    for (long at = 0; at < f.columns; at += kLanes<Real>) {
        Vec<Real> sum{};
        store(f.knots + at, sum);
        for (int bin = 0; bin < f.bins; ++bin) {
            sum += load(f.weights + bin * f.stride + at);
            store(f.knots + (bin + 1) * f.stride + at, sum);
        }
    }
}

// The derivatives by one number's weights from those by its knots, which become 0.
template <class Real>
void sum_down(const Table<Real>& f) {
    for (long at = 0; at < f.columns; at += kLanes<Real>) {
        Vec<Real> sum{};
        for (int bin = f.bins - 1; bin >= 0; --bin) {
            Real* knot = f.knots + (bin + 1) * f.stride + at;
            sum += load(knot);
            store(knot, Vec<Real>{});
            store(f.weights + bin * f.stride + at, sum);
        }
        store(f.knots + at, Vec<Real>{});
    }
}

}  // namespace
}  // namespace glassnet
