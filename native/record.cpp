// What is recorded of a step: norms by layer, units that do not move, numbers that are not finite.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "trainer.h"

namespace glassnet {
namespace {

constexpr double kSaturated = 0.01;  // telemetry.SATURATED

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Whether a sigmoid's output lies at an end.
template <class Real>
bool is_at_end(Real y) {
    const Real reach(kSaturated);
    return std::abs(y) <= reach || std::abs(y - Real(1)) <= reach;
}

}  // namespace

template <class Real>
Quantities* Trainer<Real>::record_of(const Member<Real>& m, std::int64_t number, const Call& call) const {
    const std::int64_t* end = call.recording.steps + call.recording.count;
    const std::int64_t* at = std::lower_bound(call.recording.steps, end, number);
    if (at == end || *at != number) return nullptr;
    return call.recording.to + ((at - call.recording.steps) * setup_.members + m.number) * layout_.record_layers;
}

template <class Real>
void Trainer<Real>::record_before(Member<Real>& m) {
    const Clock::time_point start = Clock::now();
    m.before.assign(m.weight.data(), m.weight.data() + layout_.count);
    m.recording_seconds += seconds_since(start);
}

template <class Real>
void Trainer<Real>::record_after(Member<Real>& m, const Batch& batch, double factor, Quantities* to, const Each& each) {
    const Clock::time_point start = Clock::now();
    std::vector<double> weight(layout_.record_layers), gradient(weight), update(weight);
    for (std::size_t number = 0; number < layout_.blocks.size(); ++number) {
        const Block& b = layout_.blocks[number];
        const Real* now = m.weight.data() + b.place;
        weight[b.record_layer] += kernels_.square_sum(b.rows, b.columns, b.stride, now);
        update[b.record_layer] +=
            kernels_.square_difference(b.rows, b.columns, b.stride, now, m.before.data() + b.place);
        gradient[b.record_layer] += m.block_squares[number];
    }
    for (int l = 0; l < layout_.record_layers; ++l) {
        const double norm = std::sqrt(gradient[l]);
        const bool is_finite = std::isfinite(gradient[l] * factor) && std::isfinite(weight[l]);
        to[l] = {static_cast<float>(std::sqrt(weight[l])), static_cast<float>(norm),
                 static_cast<float>(norm * factor),        static_cast<float>(std::sqrt(update[l])),
                 0.0f,                                     is_finite ? 0.0f : count_not_finite(m, l)};
    }
    record_idle(m, batch, to, each);
    m.recording_seconds += seconds_since(start);
}

template <class Real>
float Trainer<Real>::count_not_finite(const Member<Real>& m, int record_layer) const {
    long count = 0;
    for (const Block& b : layout_.blocks) {
        if (b.record_layer != record_layer) continue;
        for (int row = 0; row < b.rows; ++row)
            for (long at = b.place + row * b.stride; at < b.place + row * b.stride + b.columns; ++at)
                count += !std::isfinite(m.weight.data()[at]) + !std::isfinite(m.gradient.data()[at]);
    }
    return static_cast<float>(count);
}

// Looks at the batch once more with the new weights and without dropout.
template <class Real>
void Trainer<Real>::record_idle(Member<Real>& m, const Batch& batch, Quantities* to, const Each& each) {
    const Activation activation = setup_.activation;
    const bool has_ends = activation != Activation::linear && activation != Activation::silu && !setup_.hidden.empty();
    if (!has_ends && !setup_.is_sigmoid) return;
    const int parts = (batch.rows + kPartRows - 1) / kPartRows, hidden = static_cast<int>(setup_.hidden.size());
    long units = 0;
    for (const int width : setup_.hidden) units += width;
    std::vector<char> is_idle(parts * units, 1);
    std::vector<long> at_end(parts, 0);
    each(parts, [&](int part, int worker) {
        Workspace<Real>& space = spaces_[worker];
        const int rows = std::min(kPartRows, batch.rows - part * kPartRows);
        if (space.held != m.number) gather(m, m.order + batch.start + part * kPartRows, rows, space);
        forward(m, rows, space, nullptr, 0);
        char* marks = is_idle.data() + part * units;
        for (int l = 0; l < hidden && has_ends; marks += setup_.hidden[l], ++l)
            kernels_.clear_moving({activation, rows, setup_.hidden[l], space.x[l + 1].data(),
                                   row_stride<Real>(setup_.hidden[l]), kSaturated, marks});
        if (!setup_.is_sigmoid) return;
        kernels_.sigmoid(rows * layout_.stride_outputs, space.z.data());
        for (int b = 0; b < rows; ++b)
            for (int t = 0; t < setup_.outputs; ++t)
                at_end[part] += is_at_end(space.z.data()[b * layout_.stride_outputs + t]);
    });
    for (int part = 1; part < parts; ++part)
        for (long unit = 0; unit < units; ++unit) is_idle[unit] &= is_idle[part * units + unit];
    const char* marks = is_idle.data();
    Quantities* of = to + layout_.record_layers - hidden - 1;
    for (int l = 0; l < hidden && has_ends; marks += setup_.hidden[l], ++l)
        of[l].idle = static_cast<float>(std::count(marks, marks + setup_.hidden[l], 1)) / setup_.hidden[l];
    long ends = 0;
    for (const long one : at_end) ends += one;
    of[hidden].idle = setup_.is_sigmoid ? static_cast<float>(ends) / (static_cast<long>(batch.rows) * setup_.outputs) : 0;
}

#define GLASSNET_MAKE(Real)                                                                                    \
    template Quantities* Trainer<Real>::record_of(const Member<Real>&, std::int64_t, const Call&) const;       \
    template void Trainer<Real>::record_before(Member<Real>&);                                                 \
    template void Trainer<Real>::record_after(Member<Real>&, const Batch&, double, Quantities*, const Each&);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
