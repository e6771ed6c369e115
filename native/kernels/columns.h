// A neuron: one output without a hidden layer. Its few inputs lie column by column, so that the lanes of a vector are
// rows of the batch, and nothing is summed across lanes but the gradients, once.
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

template <class Real>
void gather_columns(const GatherColumns<Real>& f) {
    for (int i = 0; i < f.inputs; ++i)
        for (int b = 0; b < f.rows; ++b) f.x[i * f.stride_x + b] = f.dense[f.places[b] * f.inputs + i];
    for (int b = 0; b < f.rows; ++b) f.to_target[b] = f.target[f.places[b]];
}

template <class Real>
void forward_columns(const Columns<Real>& f) {
    for (int b = 0; b < f.rows; b += kLanes<Real>) {
        Vec<Real> z = fill<Real>(*f.bias);
        for (int i = 0; i < f.inputs; ++i) z += f.weight[i] * load(f.x + i * f.stride_x + b);
        store(f.z + b, z);
    }
}

// Rows past the last may hold anything, 0 times which need not be 0.
template <class Real>
void backward_columns(const Columns<Real>& f) {
    constexpr int L = kLanes<Real>;
    for (int i = 0; i <= f.inputs; ++i) {
        const Real* x = f.x + i * f.stride_x;
        Vec<Real> total{};
        for (int b = 0; b < f.rows; b += L) {
            const Vec<Real> dz = load(f.z + b);
            total += inside<Real>(f.rows - b, i < f.inputs ? dz * load(x + b) : dz);
        }
        Real* to = i < f.inputs ? f.gradient + i : f.bias_gradient;
        *to = f.adds ? *to + sum_lanes<Real>(total) : sum_lanes<Real>(total);
    }
}

}  // namespace
}  // namespace glassnet
