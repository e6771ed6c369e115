// Dropout: units whose 16-bit random number is not below the threshold become 0, the others grow by the scale.
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

// Threshold and scale by value, and nothing that overlaps: else the compiler reads both anew for each unit, and takes
// a branch on a random number instead of a vector of choices.
template <class Real>
inline void drop_row(int width, const std::uint16_t* __restrict lane, std::uint32_t threshold, Real scale, Real* __restrict y) {
    // Multiplied, not chosen: a NaN stays a NaN in the reference too.
    for (int i = 0; i < width; ++i) y[i] *= lane[i] < threshold ? scale : Real(0);
}

template <class Real>
void drop(const Drop<Real>& f) {
    for (int b = 0; b < f.rows; ++b) {
        const std::uint16_t* lane = f.lanes + static_cast<long>(b) * f.width;
        drop_row(f.width, lane, f.threshold, f.scale, f.y + b * f.stride);
        if (f.slope) drop_row(f.width, lane, f.threshold, f.scale, f.slope + b * f.stride);
    }
}

}  // namespace
}  // namespace glassnet
