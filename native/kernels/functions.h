// exp, log1p, tanh and sigmoid of a vector. A NaN stays a NaN; no step converts a number to an integer through a cast.
//
// Largest relative error, measured by tests/native against float64/longdouble references: float 3e-7, double 1e-15.
// Sources: S. Moshier, Cephes (expf, tanhf, tanh); log1p by the series of 2 atanh(u / (2 + u)).
#pragma once

#include "vector.h"

namespace glassnet {
namespace {

template <class Real>
struct Constants;

template <>
struct Constants<float> {
    static constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
    static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float least = -104.0f, most = 89.0f;
    static constexpr int bias = 127, mantissa = 23;
};

template <>
struct Constants<double> {
    static constexpr double round = 6755399441055744.0;  // 1.5 * 2^52
    static constexpr double ln2_high = 6.93145751953125e-1, ln2_low = 1.42860682030941723212e-6;
    static constexpr double least = -746.0, most = 710.0;
    static constexpr long bias = 1023, mantissa = 52;
};

inline Vec<float> exp_polynomial(Vec<float> r) {
    Vec<float> p = 1.9875691500e-4f * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * r * r + r + 1.0f;
}

inline Vec<double> exp_polynomial(Vec<double> r) {
    // Taylor to r^13: the rest is below 4e-18 for |r| <= ln(2) / 2.
    Vec<double> p = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    return p * r * r + r + 1.0;
}

// 2 to the power of whole numbers given as bits, within the range of normal numbers.
template <class Real>
inline Vec<Real> power_of_two(Int<Real> n) {
    return bits_as<Vec<Real>>((n + Constants<Real>::bias) << Constants<Real>::mantissa);
}

template <class Real>
inline Vec<Real> vexp(Vec<Real> x) {
    using C = Constants<Real>;
    x = x < C::least ? fill<Real>(C::least) : x;
    x = x > C::most ? fill<Real>(C::most) : x;
    const Vec<Real> shifted = x * Real(1.44269504088896340736) + C::round;
    const Vec<Real> whole = shifted - C::round;
    const Int<Real> n = bits_as<Int<Real>>(shifted) - bits_as<Int<Real>>(fill<Real>(C::round));
    const Vec<Real> r = (x - whole * C::ln2_high) - whole * C::ln2_low;
    // In two factors, since 2^n itself may be infinite or below the normal numbers.
    const Int<Real> half = n >> 1;
    return exp_polynomial(r) * power_of_two<Real>(half) * power_of_two<Real>(n - half);
}

// log(1 + u) for u in [0, 1].
template <class Real>
inline Vec<Real> vlog1p(Vec<Real> u) {
    constexpr int terms = sizeof(Real) == 4 ? 8 : 17;
    const Vec<Real> s = u / (u + Real(2));
    const Vec<Real> z = s * s;
    Vec<Real> p = fill<Real>(Real(1) / (2 * terms + 1));
#pragma GCC unroll 20
    for (int k = terms - 1; k >= 1; --k) p = p * z + Real(1) / (2 * k + 1);
    return Real(2) * (p * z * s + s);
}

template <class Real>
inline Vec<Real> vsigmoid(Vec<Real> x) {
    return Real(1) / (vexp<Real>(-x) + Real(1));
}

inline Vec<float> tanh_near(Vec<float> x) {
    const Vec<float> z = x * x;
    Vec<float> p = -5.70498872745e-3f * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    return p * z * x + x;
}

inline Vec<double> tanh_near(Vec<double> x) {
    const Vec<double> z = x * x;
    const Vec<double> p = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3;
    const Vec<double> q =
        ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3;
    return x * z * (p / q) + x;
}

template <class Real>
inline Vec<Real> vtanh(Vec<Real> x) {
    const Vec<Real> size = x < Real(0) ? -x : x;
    const Vec<Real> far = Real(1) - Real(2) / (vexp<Real>(size + size) + Real(1));
    const Vec<Real> signed_far = x < Real(0) ? -far : far;
    return size < Real(0.625) ? tanh_near(x) : signed_far;
}

}  // namespace
}  // namespace glassnet
