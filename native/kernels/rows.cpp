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
constexpr int kCounted = 256;      // so many edges are counted; among more the place is searched for
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

// Writes how many of the edges from the second on are not above a value; of NaN none.
inline void count_edges(int rows, int bins, const float* __restrict edge, const float* __restrict value,
                        std::int32_t* __restrict bin) {
    for (int b = 0; b < rows; ++b) bin[b] = 0;
    if (bins <= kCounted) {
        for (int e = 1; e <= bins; ++e) {
            const float one = edge[e];
            for (int b = 0; b < rows; ++b) bin[b] += one <= value[b];
        }
        return;
    }
    for (int b = 0; b < rows; ++b) {
        int first = 0, count = bins;
        while (count > 0) {
            const int half = count / 2;
            const bool is_below = edge[1 + first + half] <= value[b];
            first = is_below ? first + half + 1 : first;
            count = is_below ? count - half - 1 : half;
        }
        bin[b] = first;
    }
}

inline void take_shares(int rows, int bins, const float* __restrict edge, const float* __restrict value,
                        std::int32_t* __restrict bin, float* __restrict to) {
    for (int b = 0; b < rows; ++b) {
        const std::int32_t mine = bin[b] < bins - 1 ? bin[b] : bins - 1;
        const float low = edge[mine], share = (value[b] - low) / (edge[mine + 1] - low);
        bin[b] = mine;
        to[b] = share == share ? between(share, 0.0f, 1.0f) : 0.0f;
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
    const int rows = f.rows;
    float value[kLocated];
    for (int b = 0; b < rows; ++b)
        value[b] = between(f.from[static_cast<std::int64_t>(f.row[b]) * f.numbers], -kLargest, kLargest);
    count_edges(rows, f.bins, f.edge, value, f.bin);
    take_shares(rows, f.bins, f.edge, value, f.bin, f.share);
}

#define GLASSNET_MAKE(Real)                                                              \
    template void GLASSNET_JOIN(scale_rows_, GLASSNET_SET)<Real>(const ScaleRows<Real>&); \
    template void GLASSNET_JOIN(piece_rows_, GLASSNET_SET)<Real>(const PieceRows<Real>&);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
