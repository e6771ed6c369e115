// Between the weights a team shares and those that each of its members amounts to: see team.cpp.
#pragma once

#include "table.h"
#include "vector.h"

namespace glassnet {
namespace {

// total (+)= part * scale, and product = the sums over rows of weight * part.
template <class Real>
void share(const Share<Real>& f) {
    for (int row = 0; row < f.rows; ++row) {
        const long start = row * f.stride;
        for (long i = 0; i < f.columns; i += kLanes<Real>) {
            const Vec<Real> part = load(f.part + start + i);
            const Vec<Real> scale = f.is_one ? Vec<Real>{} + f.scale[0] : load(f.scale + i);
            const Vec<Real> scaled = part * scale;
            store(f.total + start + i, f.adds ? load(f.total + start + i) + scaled : scaled);
            if (!f.product) continue;
            const Vec<Real> product = load(f.weight + start + i) * part;
            store(f.product + i, row > 0 ? load(f.product + i) + product : product);
        }
    }
}

template <class Real>
void spread(const Spread<Real>& f) {
    for (int row = 0; row < f.rows; ++row) {
        const long start = row * f.stride;
        for (long i = 0; i < f.columns; i += kLanes<Real>) {
            const Vec<Real> scale = f.is_one ? Vec<Real>{} + f.scale[0] : load(f.scale + i);
            store(f.to + start + i, load(f.from + start + i) * scale);
        }
    }
}

}  // namespace
}  // namespace glassnet
