// Units that do not move: those whose outputs lie at an end of the activation for every row looked at.
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

// Whether an output lies where its activation no longer moves; a NaN does not.
template <class Real, Activation kActivation>
inline Int<Real> at_end(Vec<Real> y, Real reach) {
    if constexpr (kActivation == Activation::relu) return y == Real(0);
    const Vec<Real> below = y < Real(0) ? -y : y, above = y < Real(1) ? Real(1) - y : y - Real(1);
    if constexpr (kActivation == Activation::sigmoid) return (below <= reach) | (above <= reach);
    return (below < Real(1) ? Real(1) - below : below - Real(1)) <= reach;
}

template <class Real, Activation kActivation>
void clear_moving_as(const Moving<Real>& f) {
    constexpr int L = kLanes<Real>;
    const Real reach(f.reach);
    for (int i = 0; i < f.width; i += L) {
        Int<Real> idle = Int<Real>{} == Int<Real>{};
        for (int b = 0; b < f.rows; ++b) idle &= at_end<Real, kActivation>(load(f.y + b * f.stride + i), reach);
        for (int lane = 0; lane < least(L, f.width - i); ++lane) f.is_idle[i + lane] &= idle[lane] != 0;
    }
}

template <class Real>
void clear_moving(const Moving<Real>& f) {
    if (f.activation == Activation::relu) return clear_moving_as<Real, Activation::relu>(f);
    if (f.activation == Activation::tanh) return clear_moving_as<Real, Activation::tanh>(f);
    if (f.activation == Activation::sigmoid) return clear_moving_as<Real, Activation::sigmoid>(f);
    for (int i = 0; i < f.width; ++i) f.is_idle[i] = 0;
}

}  // namespace
}  // namespace glassnet
