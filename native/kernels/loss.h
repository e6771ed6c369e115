// The built-in losses with their derivatives, for rows whose outputs lie without gaps (all at once) or padded (row
// by row). Each formula is the one of src/glassnet/loss.
#pragma once

#include "functions.h"
#include "table.h"

namespace glassnet {
namespace {

template <class Real>
struct Point {
    Vec<Real> loss, slope;
};

// The loss of one output and its derivative by the prediction.
template <class Real, LossName kName>
inline Point<Real> at_point(const LossRows<Real>& f, Vec<Real> p, Vec<Real> t) {
    const Vec<Real> zero{}, error = p - t;
    if constexpr (kName == LossName::squared) return {error * error, Real(2) * error};
    const Vec<Real> one = fill<Real>(1), size = error < Real(0) ? -error : error;
    const Vec<Real> sign = error > Real(0) ? one : (error < Real(0) ? -one : error);
    if constexpr (kName == LossName::absolute) return {size, sign};
    if constexpr (kName == LossName::huber) {
        const Vec<Real> near = size > Real(1) ? one : size;
        return {near * (size - Real(0.5) * near), near * sign};
    }
    if constexpr (kName == LossName::quantile) {
        const Real level(f.level);
        const Vec<Real> above = -error * level, below = -error * (level - Real(1));
        const Vec<Real> tie = fill<Real>(Real(0.5) - level);  // autograd halves the derivative at a tie
        const Vec<Real> slope = error < Real(0) ? fill<Real>(-level) : fill<Real>(Real(1) - level);
        return {error < Real(0) ? above : below, error == Real(0) ? tie : slope};
    }
    if constexpr (kName == LossName::poisson) {
        const Vec<Real> bounded = p > Real(30) ? fill<Real>(30) : p;
        const Vec<Real> count = vexp<Real>(bounded);
        return {count - t * p, (p > Real(30) ? zero : count) - t};
    }
    // Binary cross-entropy of a logit p: max(p, 0) - p t + log(1 + exp(-|p|)).
    const Real smoothing(f.smoothing);
    const Vec<Real> soft = t * (Real(1) - smoothing) + Real(0.5) * smoothing;
    const Vec<Real> far = vexp<Real>(p < Real(0) ? p : -p);
    const Vec<Real> likely = (p < Real(0) ? far : one) / (one + far);
    return {(p < Real(0) ? zero : p) - p * soft + vlog1p<Real>(far), likely - soft};
}

// One stretch of outputs; returns the weighted sum of the losses.
template <class Real, LossName kName>
Real stretch(const LossRows<Real>& f, long start, int count, const Real* weights, Real weight) {
    constexpr int L = kLanes<Real>;
    const Real scale(f.scale / f.outputs);
    Vec<Real> total{};
    for (int i = 0; i < count; i += L) {
        Vec<Real> p = load(f.z + start + i), through = fill<Real>(1);
        if (f.is_sigmoid) {
            p = vsigmoid<Real>(p);
            through = p * (Real(1) - p);
        }
        const Point<Real> point = at_point<Real, kName>(f, p, load(f.target + start + i));
        const Vec<Real> w = weights ? load(weights + i) : fill<Real>(weight);
        total += inside<Real>(count - i, point.loss * w);
        if (f.dz) store(f.dz + start + i, inside<Real>(count - i, point.slope * through * w * scale));
    }
    return sum_lanes<Real>(total);
}

template <class Real, LossName kName>
double by_output(const LossRows<Real>& f) {
    if (f.stride == f.outputs) return stretch<Real, kName>(f, 0, f.rows * f.outputs, f.spread_weight, 1) / double(f.outputs);
    double sum = 0;
    for (int b = 0; b < f.rows; ++b)
        sum += stretch<Real, kName>(f, b * f.stride, f.outputs, nullptr, f.weight ? f.weight[b] : Real(1));
    return sum / f.outputs;
}

// Softmax cross-entropy of one row.
template <class Real>
double by_class_row(const LossRows<Real>& f, int b) {
    constexpr int L = kLanes<Real>;
    const Real* z = f.z + b * f.stride;
    const int own = static_cast<int>(f.target[b]);
    Real most = z[0];
    for (int i = 1; i < f.outputs; ++i) most = z[i] > most || z[i] != z[i] ? z[i] : most;
    Vec<Real> total{}, plain{};
    for (int i = 0; i < f.outputs; i += L) {
        const Vec<Real> shifted = load(z + i) - most, e = inside<Real>(f.outputs - i, vexp<Real>(shifted));
        total += e;
        plain += inside<Real>(f.outputs - i, shifted);
        if (f.dz) store(f.dz + b * f.stride + i, e);
    }
    const Real sum = sum_lanes<Real>(total), w = f.weight ? f.weight[b] : Real(1);
    const double logarithm = __builtin_log(static_cast<double>(sum)), smoothing = f.smoothing;
    const double mean = sum_lanes<Real>(plain) / f.outputs - logarithm;
    const double loss = -(1.0 - smoothing) * (z[own] - most - logarithm) - smoothing * mean;
    if (f.dz) {
        Real* dz = f.dz + b * f.stride;
        const Real scale = w * Real(f.scale), part = scale / sum, even = scale * Real(smoothing / f.outputs);
        for (int i = 0; i < f.outputs; i += L) store(dz + i, inside<Real>(f.outputs - i, load(dz + i) * part - even));
        dz[own] -= scale * Real(1.0 - smoothing);
    }
    return loss * w;
}

template <class Real>
double by_class(const LossRows<Real>& f) {
    double sum = 0;
    for (int b = 0; b < f.rows; ++b) sum += by_class_row(f, b);
    return sum;
}

template <class Real>
void loss(const LossRows<Real>& f) {
    switch (f.name) {
        case LossName::squared: *f.loss = by_output<Real, LossName::squared>(f); return;
        case LossName::absolute: *f.loss = by_output<Real, LossName::absolute>(f); return;
        case LossName::huber: *f.loss = by_output<Real, LossName::huber>(f); return;
        case LossName::quantile: *f.loss = by_output<Real, LossName::quantile>(f); return;
        case LossName::poisson: *f.loss = by_output<Real, LossName::poisson>(f); return;
        case LossName::binary_cross_entropy: *f.loss = by_output<Real, LossName::binary_cross_entropy>(f); return;
        case LossName::cross_entropy: *f.loss = by_class(f); return;
    }
}

}  // namespace
}  // namespace glassnet
