// Optimiser steps, with torch.optim's formulas: SGD with momentum and L2, Adam, AdamW (first beta 0.9, eps 1e-8).
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

template <class Real>
inline Vec<Real> square_root(Vec<Real> v) {
    Vec<Real> root;
    for (int i = 0; i < kLanes<Real>; ++i)
        root[i] = sizeof(Real) == 4 ? __builtin_sqrtf(static_cast<float>(v[i])) : __builtin_sqrt(v[i]);
    return root;
}

// Writes new weights, and moves the averaged ones towards them.
template <class Real>
inline void renew(const Update<Real>& f, long at, Vec<Real> weight) {
    store(f.weight + at, weight);
    if (!f.average) return;
    const Vec<Real> old = load(f.average + at);
    const bool is_first = f.rates->renewed == 1;
    store(f.average + at, is_first ? weight : old + Real(f.rates->renewed) * (weight - old));
}

template <class Real>
void update_sgd(const Update<Real>& f) {
    const UpdateRates& r = *f.rates;
    const Real rate(r.rate), decay(r.decay), momentum(r.momentum), factor(r.factor);
    for (int row = 0; row < f.rows; ++row) {
        const long start = row * f.stride;
        for (long at = start; at < start + f.columns; at += kLanes<Real>) {
            const Vec<Real> w = load(f.weight + at);
            Vec<Real> g = load(f.gradient + at) * factor + w * decay;
            if (f.moment) {
                g = r.is_first ? g : load(f.moment + at) * momentum + g;
                store(f.moment + at, g);
            }
            renew(f, at, w - g * rate);
        }
    }
}

template <class Real>
void update_adam(const Update<Real>& f) {
    const UpdateRates& r = *f.rates;
    const bool is_decoupled = r.optimizer == OptimizerName::adamw;
    const Real shrink(is_decoupled ? 1.0 - r.rate * r.decay : 1.0), pull(is_decoupled ? 0.0 : r.decay);
    const Real size(r.rate / r.first), root_scale(1.0 / __builtin_sqrt(r.second)), factor(r.factor);
    const Real blend(1.0 - 0.9), keep(r.keep), fresh(1.0 - r.keep), epsilon(1e-8);
    for (int row = 0; row < f.rows; ++row) {
        const long start = row * f.stride;
        for (long at = start; at < start + f.columns; at += kLanes<Real>) {
            const Vec<Real> w = load(f.weight + at) * shrink;
            const Vec<Real> g = load(f.gradient + at) * factor + w * pull;
            const Vec<Real> old = load(f.moment + at);
            const Vec<Real> mean = old + blend * (g - old);
            const Vec<Real> square = load(f.square + at) * keep + fresh * g * g;
            store(f.moment + at, mean);
            store(f.square + at, square);
            renew(f, at, w - size * mean / (square_root<Real>(square) * root_scale + epsilon));
        }
    }
}

template <class Real>
void update(const Update<Real>& f) {
    if (f.rates->optimizer == OptimizerName::sgd)
        update_sgd(f);
    else
        update_adam(f);
}

template <class Real>
void add(int rows, int columns, long stride, Real* total, const Real* part) {
    for (int row = 0; row < rows; ++row)
        for (long at = row * stride; at < row * stride + columns; at += kLanes<Real>)
            store(total + at, load(total + at) + load(part + at));
}

template <class Real>
double square_sum(int rows, int columns, long stride, const Real* values) {
    Vec<Real> total{};
    for (int row = 0; row < rows; ++row)
        for (long at = row * stride; at < row * stride + columns; at += kLanes<Real>) {
            const Vec<Real> v = load(values + at);
            total += v * v;
        }
    return sum_lanes<Real>(total);
}

template <class Real>
double square_difference(int rows, int columns, long stride, const Real* values, const Real* others) {
    Vec<Real> total{};
    for (int row = 0; row < rows; ++row)
        for (long at = row * stride; at < row * stride + columns; at += kLanes<Real>) {
            const Vec<Real> v = load(values + at) - load(others + at);
            total += v * v;
        }
    return sum_lanes<Real>(total);
}

}  // namespace
}  // namespace glassnet
