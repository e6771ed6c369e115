// A neuron: one output without a hidden layer. Its few inputs lie column by column, so that the lanes of a vector are
// rows of the batch, and nothing is summed across lanes but the gradients, once.
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

template <class Real>
struct FourOf;
template <>
struct FourOf<float> {
    typedef float Type __attribute__((vector_size(16)));
    typedef int Int __attribute__((vector_size(16)));
};
template <>
struct FourOf<double> {
    typedef double Type __attribute__((vector_size(32)));
    typedef long Int __attribute__((vector_size(32)));
};

template <class Real>
void gather_columns(const GatherColumns<Real>& f) {
    const std::int64_t inputs = f.inputs;  // their product with a place may be beyond 32 bits
    for (int i = 0; i < f.inputs; ++i)
        for (int b = 0; b < f.rows; ++b) f.x[i * f.stride_x + b] = f.dense[f.places[b] * inputs + i];
    for (int b = 0; b < f.rows; ++b) f.to_target[b] = f.target[f.places[b]];
}

template <class Real>
using Four = typename FourOf<Real>::Type;

// The first halves of a and b in turn, and the second ones.
template <class Real>
inline void pair_up(const Four<Real>& a, const Four<Real>& b, Four<Real>& low, Four<Real>& high) {
#if defined(__clang__)
    low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    low = __builtin_shuffle(a, b, typename FourOf<Real>::Int{0, 4, 1, 5});
    high = __builtin_shuffle(a, b, typename FourOf<Real>::Int{2, 6, 3, 7});
#endif
}

// Turns four rows of some numbers, four at a time, into columns.
template <class Real>
inline void turn_four(const Real* const (&from)[4], Real* to, long stride_to, long numbers) {
    for (long i = 0; i < numbers; i += 4, to += 4 * stride_to) {
        Four<Real> a, b, c, d;
        __builtin_memcpy(&a, from[0] + i, sizeof a);
        __builtin_memcpy(&b, from[1] + i, sizeof b);
        __builtin_memcpy(&c, from[2] + i, sizeof c);
        __builtin_memcpy(&d, from[3] + i, sizeof d);
        Four<Real> ac_low, ac_high, bd_low, bd_high, column[4];
        pair_up<Real>(a, c, ac_low, ac_high);
        pair_up<Real>(b, d, bd_low, bd_high);
        pair_up<Real>(ac_low, bd_low, column[0], column[1]);
        pair_up<Real>(ac_high, bd_high, column[2], column[3]);
#pragma GCC unroll 4
        for (int r = 0; r < 4; ++r) __builtin_memcpy(to + r * stride_to, &column[r], sizeof column[r]);
    }
}

// kStride: of the records, where it is known; 0 elsewhere.
template <class Real, long kStride>
void gather_records_by(const GatherRecords<Real>& f) {
    const long stride = kStride > 0 ? kStride : f.stride, stride_x = f.stride_x;
    const std::uint32_t* places = f.places;
    const Real* records = f.records;
    Real* x = f.x;
    const int rows = f.rows;
    for (int b = 0; b < rows; b += 4) {
        const int last = rows - 1 - b;
        const std::uint32_t* place = places + b;
        const Real* const from[4] = {records + place[0] * stride, records + place[least(1, last)] * stride,
                                     records + place[least(2, last)] * stride, records + place[least(3, last)] * stride};
        turn_four<Real>(from, x + b, stride_x, stride);
    }
}

template <class Real>
void gather_records(const GatherRecords<Real>& f) {
    if (f.stride == 4) return gather_records_by<Real, 4>(f);
    if (f.stride == 8) return gather_records_by<Real, 8>(f);
    gather_records_by<Real, 0>(f);
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
