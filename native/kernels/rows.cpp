// Encoded numbers as a network sees them, for one instruction set (GLASSNET_SET).
//
// Products and sums are not contracted here (-ffp-contract=off): what comes out is, to the last bit, what NumPy makes of
// the same rows in src/glassnet/prepare.
#include "table.h"

#define GLASSNET_JOIN2(a, b) a##b
#define GLASSNET_JOIN(a, b) GLASSNET_JOIN2(a, b)

namespace glassnet {
namespace {

constexpr int kAhead = 16;         // rows asked for before they are read: a table is larger than the caches
constexpr int kLineFloats = 16;
constexpr int kCounted = 64;       // so many edges are counted; among more the place is searched for
constexpr float kFarthest = 1e15f; // prepare.numeric.FARTHEST
constexpr float kClip = 3.0f;      // prepare.numeric.CLIP
constexpr float kLargest = 3.4028234663852886e38f;
constexpr float kInfinite = __builtin_inff();

inline float between(float value, float low, float high) {  // NaN stays NaN
    value = value < low ? low : value;
    return value > high ? high : value;
}

template <class Real, bool kClips>
void scale(const ScaleRows<Real>& f) {
    const float *__restrict location = f.location, *__restrict spread = f.scale;
    const float *__restrict low = f.low, *__restrict high = f.high;
    const float *__restrict least = f.least, *__restrict most = f.most;
    const std::int32_t* __restrict clips = f.is_clipped;
    for (int b = 0; b < f.rows; ++b) {
        if (b + kAhead < f.rows) {
            const float* next = f.number + static_cast<std::int64_t>(f.row[b + kAhead]) * f.numbers;
            for (int at = 0; at < f.numbers; at += kLineFloats) __builtin_prefetch(next + at);
        }
        const float* __restrict from = f.number + static_cast<std::int64_t>(f.row[b]) * f.numbers;
        Real* __restrict to = f.to + b * f.stride;
        for (int i = 0; i < f.numbers; ++i) {
            float value = from[i];
            value = value == kInfinite ? high[i] : value == -kInfinite ? low[i] : value;
            value = (between(value, least[i], most[i]) - location[i]) / spread[i];
            value = between(value, -kFarthest, kFarthest);
            if constexpr (kClips) {
                const float share = value / kClip;
                const float clipped = value / __builtin_sqrtf(1.0f + share * share);
                value = clips[i] ? clipped : value;
            }
            to[i] = static_cast<Real>(value == value ? value : 0.0f);
        }
    }
}

// How many of the edges from the second on are not above a value; of NaN none.
inline void count_edges(const LocateRows& f, const float* value, std::int32_t* bin) {
    for (int b = 0; b < f.rows; ++b) bin[b] = 0;
    if (f.bins <= kCounted) {
        for (int e = 1; e <= f.bins; ++e)
            for (int b = 0; b < f.rows; ++b) bin[b] += f.edge[e] <= value[b];
        return;
    }
    for (int b = 0; b < f.rows; ++b) {
        int first = 0, count = f.bins;
        while (count > 0) {
            const int half = count / 2;
            const bool is_below = f.edge[1 + first + half] <= value[b];
            first = is_below ? first + half + 1 : first;
            count = is_below ? count - half - 1 : half;
        }
        bin[b] = first;
    }
}

}  // namespace

template <class Real>
void GLASSNET_JOIN(scale_rows_, GLASSNET_SET)(const ScaleRows<Real>& f) {
    f.has_clipped ? scale<Real, true>(f) : scale<Real, false>(f);
}

template <class Real>
void GLASSNET_JOIN(piece_rows_, GLASSNET_SET)(const PieceRows<Real>& f) {
    for (int b = 0; b < f.rows; ++b) {
        const float* __restrict from = f.from + static_cast<std::int64_t>(f.row[b]) * f.numbers;
        Real* __restrict to = f.to + b * f.stride;
        const std::int32_t* __restrict of = f.of;
        const float *__restrict low = f.low, *__restrict width = f.width;
        for (int p = 0; p < f.pieces; ++p) {
            const float share = (from[of[p]] - low[p]) / width[p];
            const float above = share > 0.0f ? share : 0.0f;
            to[p] = static_cast<Real>(above < 1.0f ? above : 1.0f);
        }
    }
}

void GLASSNET_JOIN(locate_rows_, GLASSNET_SET)(const LocateRows& f) {
    float value[kLocated];
    for (int b = 0; b < f.rows; ++b)
        value[b] = between(f.from[static_cast<std::int64_t>(f.row[b]) * f.numbers], -kLargest, kLargest);
    count_edges(f, value, f.bin);
    for (int b = 0; b < f.rows; ++b) {
        const std::int32_t bin = f.bin[b] < f.bins - 1 ? f.bin[b] : f.bins - 1;
        const float low = f.edge[bin], share = (value[b] - low) / (f.edge[bin + 1] - low);
        f.bin[b] = bin;
        f.share[b] = share == share ? between(share, 0.0f, 1.0f) : 0.0f;
    }
}

#define GLASSNET_MAKE(Real)                                                              \
    template void GLASSNET_JOIN(scale_rows_, GLASSNET_SET)<Real>(const ScaleRows<Real>&); \
    template void GLASSNET_JOIN(piece_rows_, GLASSNET_SET)<Real>(const PieceRows<Real>&);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
