// Backward passes of a linear layer: derivatives of its inputs, through the activation before it, and of its weights.
#pragma once

#include "product.h"
#include "table.h"

namespace glassnet {
namespace {

// What the derivatives by a layer's outputs are multiplied by on their way to its sums.
enum class Through { nothing, slope, relu, tanh, sigmoid };

template <class Real, Through kThrough>
inline Vec<Real> through(const BackwardInputs<Real>& f, Vec<Real> sum, long at) {
    if constexpr (kThrough == Through::slope) return sum * load(f.slope + at);
    // Units that dropout removed are 0 after the activation, and so is their derivative.
    if constexpr (kThrough == Through::relu) return load(f.y + at) > Real(0) ? sum * f.kept_scale : Vec<Real>{};
    if constexpr (kThrough == Through::tanh) return sum * (Real(1) - load(f.y + at) * load(f.y + at));
    if constexpr (kThrough == Through::sigmoid) return sum * (load(f.y + at) * (Real(1) - load(f.y + at)));
    return sum;
}

// The same for a whole block, whose sums are in registers.
template <class Real, Through kThrough>
struct ThroughEnd {
    const BackwardInputs<Real>& f;
    long at;
    inline __attribute__((always_inline)) void row(int m, const Vec<Real> (&sum)[kWide]) const {
#pragma GCC unroll 4
        for (int n = 0; n < kWide; ++n) {
            const long place = at + m * f.stride_dx + n * kLanes<Real>;
            store(f.dx + place, through<Real, kThrough>(f, sum[n], place));
        }
    }
};

template <class Real, Through kThrough>
void backward_inputs_through(const BackwardInputs<Real>& f) {
    constexpr int L = kLanes<Real>, panel = kWide * L;
    alignas(64) Real sums[kHigh * panel];
    const Cuts cuts(f.rows);
    for (int column = 0; column < f.inputs; column += panel) {
        const int vectors = least(kWide, (f.inputs - column + L - 1) / L);
        for (int place = 0, row = 0; place < cuts.blocks; ++place) {
            const int height = cuts.height(place);
            const Operands<Real> of{f.outputs, f.dy + row * f.stride_dy, f.stride_dy, f.weight + column,
                                    f.stride_weight};
            const long start = row * f.stride_dx + column;
            row += height;
            if (ends_at_once<Real, false>(of, height, vectors, ThroughEnd<Real, kThrough>{f, start})) continue;
            Blocks<Real, false>::of[vectors - 1][height - 1](of, sums);
            for (int m = 0; m < height; ++m)
                for (int n = 0; n < vectors; ++n) {
                    const long at = start + m * f.stride_dx + n * L;
                    store(f.dx + at, through<Real, kThrough>(f, load(sums + (m * kWide + n) * L), at));
                }
        }
    }
}

template <class Real>
void backward_inputs(const BackwardInputs<Real>& f) {
    if (f.slope) return backward_inputs_through<Real, Through::slope>(f);
    if (!f.y) return backward_inputs_through<Real, Through::nothing>(f);
    if (f.activation == Activation::relu) return backward_inputs_through<Real, Through::relu>(f);
    if (f.activation == Activation::tanh) return backward_inputs_through<Real, Through::tanh>(f);
    return backward_inputs_through<Real, Through::sigmoid>(f);
}

template <class Real>
void backward_bias(const BackwardWeights<Real>& f) {
    constexpr int L = kLanes<Real>;
    if (f.stride_dy == f.outputs) {  // outputs without gaps: reading a whole vector may mix rows
        for (int o = 0; o < f.outputs; ++o) {
            Real total = 0;
            for (int b = 0; b < f.rows; ++b) total += f.dy[b * f.stride_dy + o];
            f.bias_gradient[o] = f.adds ? f.bias_gradient[o] + total : total;
        }
        return;
    }
    for (int o = 0; o < f.outputs; o += L) {
        Vec<Real> total{};
        for (int b = 0; b < f.rows; ++b) total += load(f.dy + b * f.stride_dy + o);
        store(f.bias_gradient + o, f.adds ? load(f.bias_gradient + o) + total : total);
    }
}

template <class Real, bool kAdds>
struct GradientEnd {
    Real* to;
    long stride;
    inline __attribute__((always_inline)) void row(int m, const Vec<Real> (&sum)[kWide]) const {
#pragma GCC unroll 4
        for (int n = 0; n < kWide; ++n) {
            Real* at = to + m * stride + n * kLanes<Real>;
            store(at, kAdds ? load(at) + sum[n] : sum[n]);
        }
    }
};

template <class Real>
bool ends_at_once(const BackwardWeights<Real>& f, const Operands<Real>& of, int row, int column, int height) {
    Real* to = f.gradient + row * f.stride_weight + column;
    const int vectors = (f.inputs - column) / kLanes<Real>;  // whole ones: padding stays 0
    const int wide = least(kWide, vectors);
    if (f.adds) return ends_at_once<Real, true>(of, height, wide, GradientEnd<Real, true>{to, f.stride_weight});
    return ends_at_once<Real, true>(of, height, wide, GradientEnd<Real, false>{to, f.stride_weight});
}

template <class Real>
void backward_weights(const BackwardWeights<Real>& f) {
    constexpr int L = kLanes<Real>, panel = kWide * L;
    alignas(64) Real sums[kHigh * panel];
    const Cuts cuts(f.outputs);
    for (int column = 0; column < f.inputs; column += panel) {
        const int vectors = least(kWide, (f.inputs - column + L - 1) / L);
        for (int place = 0, row = 0; place < cuts.blocks; ++place) {
            const int height = cuts.height(place);
            const Operands<Real> of{f.rows, f.dy + row, f.stride_dy, f.x + column, f.stride_x};
            if (ends_at_once(f, of, row, column, height)) {
                row += height;
                continue;
            }
            Blocks<Real, true>::of[vectors - 1][height - 1](of, sums);
            for (int m = 0; m < height; ++m)
                for (int n = 0; n < vectors; ++n) {
                    const int at = column + n * L;
                    Real* to = f.gradient + (row + m) * f.stride_weight + at;
                    Vec<Real> sum = load(sums + (m * kWide + n) * L);
                    // Padding stays 0: x may hold anything there, a sigmoid's 0.5 for one.
                    if (at + L > f.inputs) sum = inside<Real>(f.inputs - at, sum);
                    store(to, f.adds ? load(to) + sum : sum);
                }
            row += height;
        }
    }
    backward_bias(f);
}

}  // namespace
}  // namespace glassnet
