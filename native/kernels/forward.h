// Forward passes of a linear layer with bias and activation, block by block while the sums are in the first cache.
#pragma once

#include "functions.h"
#include "product.h"
#include "table.h"

namespace glassnet {
namespace {

// Returns f(z); writes f'(z) where it is wanted.
template <class Real, Activation kActivation>
inline Vec<Real> activate(Vec<Real> z, Vec<Real>& slope) {
    if constexpr (kActivation == Activation::relu) return z < Real(0) ? Vec<Real>{} : z;
    if constexpr (kActivation == Activation::tanh) {
        const Vec<Real> y = vtanh<Real>(z);
        slope = Real(1) - y * y;
        return y;
    }
    if constexpr (kActivation == Activation::sigmoid) {
        const Vec<Real> y = vsigmoid<Real>(z);
        slope = y * (Real(1) - y);
        return y;
    }
    if constexpr (kActivation == Activation::silu) {
        const Vec<Real> s = vsigmoid<Real>(z);
        slope = s * (Real(1) + z * (Real(1) - s));
        return z * s;
    }
    return z;
}

template <class Real, Activation kActivation>
void finish(const Forward<Real>& f, const Real* sums, int row, int height, int column, int vectors) {
    constexpr int L = kLanes<Real>;
    for (int m = 0; m < height; ++m) {
        const long at = (row + m) * f.stride_y + column;
        for (int n = 0; n < vectors; ++n) {
            Vec<Real> slope{};
            const Real* start = f.adds ? f.y + at : f.bias + column;
            const Vec<Real> z = load(sums + (m * kWide + n) * L) + load(start + n * L);
            store(f.y + at + n * L, activate<Real, kActivation>(z, slope));
            if (f.slope) store(f.slope + at + n * L, slope);
        }
    }
}

// The same for a whole block with ReLU, whose sums are in registers.
template <class Real>
struct ReluEnd {
    const Real* bias;
    Real* y;
    long stride_y;
    inline __attribute__((always_inline)) void row(int m, const Vec<Real> (&sum)[kWide]) const {
#pragma GCC unroll 4
        for (int n = 0; n < kWide; ++n) {
            const Vec<Real> z = sum[n] + load(bias + n * kLanes<Real>);
            store(y + m * stride_y + n * kLanes<Real>, z < Real(0) ? Vec<Real>{} : z);
        }
    }
};

template <class Real, Activation kActivation>
void forward_as(const Forward<Real>& f) {
    constexpr int L = kLanes<Real>, panel = kWide * L;
    alignas(64) Real sums[kHigh * panel];
    const Cuts cuts(f.rows);
    for (int column = 0; column < f.outputs; column += panel) {
        const int vectors = least(kWide, (f.outputs - column + L - 1) / L);
        const Real* b = f.packed + static_cast<long>(column) * f.inputs;
        for (int place = 0, row = 0; place < cuts.blocks; ++place) {
            const int height = cuts.height(place);
            const Operands<Real> of{f.inputs, f.x + row * f.stride_x, f.stride_x, b, panel};
            const ReluEnd<Real> end{f.bias + column, f.y + row * f.stride_y + column, f.stride_y};
            const bool is_plain = kActivation == Activation::relu && !f.adds && !f.slope;
            if (!is_plain || !ends_at_once<Real, false>(of, height, vectors, end)) {
                Blocks<Real, false>::of[vectors - 1][height - 1](of, sums);
                finish<Real, kActivation>(f, sums, row, height, column, vectors);
            }
            row += height;
        }
    }
}

template <class Real>
void forward(const Forward<Real>& f) {
    switch (f.activation) {
        case Activation::linear: return forward_as<Real, Activation::linear>(f);
        case Activation::relu: return forward_as<Real, Activation::relu>(f);
        case Activation::silu: return forward_as<Real, Activation::silu>(f);
        case Activation::tanh: return forward_as<Real, Activation::tanh>(f);
        case Activation::sigmoid: return forward_as<Real, Activation::sigmoid>(f);
    }
}

// One output of L rows from b on; rows past `count` are that of the last.
template <class Real>
inline Vec<Real> products(const ForwardNarrow<Real>& f, int o, int b, int count) {
    constexpr int L = kLanes<Real>;
    const Real* w = f.weight + o * f.stride_weight;
    const Real* x[L];
    Vec<Real> total[L];
#pragma GCC unroll 16
    for (int r = 0; r < L; ++r) {
        x[r] = f.x + (b + least(r, count - 1)) * f.stride_x;
        total[r] = Vec<Real>{};
    }
    for (int i = 0; i < f.inputs; i += L) {
        const Vec<Real> right = load(w + i);
#pragma GCC unroll 16
        for (int r = 0; r < L; ++r) total[r] += load(x[r] + i) * right;
    }
    return sum_rows<Real>(total);
}

template <class Real>
void forward_narrow(const ForwardNarrow<Real>& f) {
    constexpr int L = kLanes<Real>;
    for (int o = 0; o < f.outputs; ++o)
        for (int b = 0; b < f.rows; b += L) {
            const int count = least(L, f.rows - b);
            const Vec<Real> sums = products<Real>(f, o, b, count) + f.bias[o];
            if (f.stride_y == 1) {
                store(f.y + b, sums);  // past the last row too: there is room for whole vectors
                continue;
            }
            for (int i = 0; i < count; ++i) f.y[(b + i) * f.stride_y + o] = sums[i];
        }
}

}  // namespace
}  // namespace glassnet
