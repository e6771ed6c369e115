// Vectors of the instruction set this file is compiled for, through GCC's vector extensions.
//
// Everything in kernels/ has internal linkage and uses no standard templates: the same source is compiled for several
// instruction sets, and a shared inline function could otherwise be linked in the wrong one.
#pragma once

#if defined(__AVX512F__)
#define GLASSNET_BYTES 64
#define GLASSNET_WIDE 4  // vectors across a register block: 6 x 4 of 32 registers hold sums
#elif defined(__AVX2__)
#define GLASSNET_BYTES 32
#define GLASSNET_WIDE 2  // 6 x 2 of 16
#else
#define GLASSNET_BYTES 16
#define GLASSNET_WIDE 2
#endif

namespace glassnet {
namespace {

constexpr int kHigh = 6;               // rows of a register block
constexpr int kWide = GLASSNET_WIDE;   // vectors across a register block

template <class Real>
struct Types;
template <>
struct Types<float> {
    typedef float Vec __attribute__((vector_size(GLASSNET_BYTES)));
    typedef int Int __attribute__((vector_size(GLASSNET_BYTES)));
};
template <>
struct Types<double> {
    typedef double Vec __attribute__((vector_size(GLASSNET_BYTES)));
    typedef long Int __attribute__((vector_size(GLASSNET_BYTES)));
};

template <class Real>
using Vec = typename Types<Real>::Vec;
template <class Real>
using Int = typename Types<Real>::Int;
template <class Real>
constexpr int kLanes = GLASSNET_BYTES / static_cast<int>(sizeof(Real));

template <class Real>
inline Vec<Real> load(const Real* from) {
    Vec<Real> v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}

template <class Real>
inline void store(Real* to, Vec<Real> v) {
    __builtin_memcpy(to, &v, sizeof v);
}

// Subtracting 0 is exact and folds away; adding 0 does not, since it changes -0.
template <class Real>
inline Vec<Real> fill(Real value) {
    return value - Vec<Real>{};
}

template <class To, class From>
inline To bits_as(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    __builtin_memcpy(&to, &from, sizeof to);
    return to;
}

// low takes the first halves of a and b, lane by lane in turn; high the second halves.
template <class Real>
inline void interleave(Vec<Real> a, Vec<Real> b, Vec<Real>& low, Vec<Real>& high) {
    constexpr int L = kLanes<Real>;
#if defined(__clang__)  // knows no shuffle by a variable, but turns these loops into one
    for (int i = 0; i < L; ++i) {
        low[i] = (i % 2 ? b : a)[i / 2];
        high[i] = (i % 2 ? b : a)[i / 2 + L / 2];
    }
#else
    Int<Real> first, second;
    for (int i = 0; i < L; ++i) {
        first[i] = (i % 2) * L + i / 2;
        second[i] = (i % 2) * L + i / 2 + L / 2;
    }
    low = __builtin_shuffle(a, b, first);
    high = __builtin_shuffle(a, b, second);
#endif
}

// The sums of the lanes of L vectors, as the lanes of one: first lane i + lane i + L/2, then i + L/4, and so on.
template <class Real>
inline Vec<Real> sum_rows(Vec<Real> (&row)[kLanes<Real>]) {
#pragma GCC unroll 4
    for (int count = kLanes<Real> / 2; count >= 1; count /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < count; ++i) {
            Vec<Real> low, high;
            interleave<Real>(row[i], row[i + count], low, high);
            row[i] = low + high;
        }
    return row[0];
}

// The sum of the lanes, in the order of sum_rows.
template <class Real>
inline Real sum_lanes(Vec<Real> v) {
    Real lane[kLanes<Real>];
    __builtin_memcpy(lane, &v, sizeof v);
#pragma GCC unroll 4
    for (int half = kLanes<Real> / 2; half >= 1; half /= 2)
        for (int i = 0; i < half; ++i) lane[i] += lane[i + half];
    return lane[0];
}

// Lane numbers 0, 1, 2, ... as the number type.
template <class Real>
inline Vec<Real> lane_numbers() {
    Vec<Real> v;
    for (int i = 0; i < kLanes<Real>; ++i) v[i] = static_cast<Real>(i);
    return v;
}

// The first `count` lanes of v, and 0 in the others.
template <class Real>
inline Vec<Real> inside(int count, Vec<Real> v) {
    return lane_numbers<Real>() < static_cast<Real>(count) ? v : Vec<Real>{};
}

inline int least(int a, int b) { return a < b ? a : b; }

}  // namespace
}  // namespace glassnet
