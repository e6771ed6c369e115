// Dropout: units whose 16-bit random number is not below the threshold become 0, the others grow by the scale.
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

template <class Real>
void drop(const Drop<Real>& f) {
    for (int b = 0; b < f.rows; ++b) {
        const std::uint16_t* lane = f.lanes + static_cast<long>(b) * f.width;
        Real* y = f.y + b * f.stride;
        // Multiplied, not chosen: a NaN stays a NaN in the reference too.
        for (int i = 0; i < f.width; ++i) y[i] *= lane[i] < f.threshold ? f.scale : Real(0);
        if (!f.slope) continue;
        Real* slope = f.slope + b * f.stride;
        for (int i = 0; i < f.width; ++i) slope[i] *= lane[i] < f.threshold ? f.scale : Real(0);
    }
}

}  // namespace
}  // namespace glassnet
