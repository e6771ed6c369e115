#include "setup.h"

#include <algorithm>
#include <cmath>

namespace glassnet {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr int kBlockReals = 16384;  // of an embedding in one block

double schedule_factor(Schedule schedule, double done) {
    switch (schedule) {
        case Schedule::constant: return 1.0;
        case Schedule::step: return done < 0.5 ? 1.0 : done < 0.75 ? 0.1 : 0.01;
        case Schedule::cosine: return 0.5 * (1.0 + std::cos(kPi * done));
        case Schedule::one_cycle: {
            const double low = 1.0 / 25.0, top = 0.3;
            if (done < top) return low + (1.0 - low) * 0.5 * (1.0 - std::cos(kPi * done / top));
            return 0.5 * (1.0 + std::cos(kPi * (done - top) / (1.0 - top)));
        }
    }
    return 1.0;
}

}  // namespace

double rate_factor(const Setup& setup, std::int64_t step) {
    const double steps = static_cast<double>(setup.steps), rising = setup.warmup * steps;
    const double factor = schedule_factor(setup.schedule, static_cast<double>(step) / steps);
    return rising > 0 ? factor * std::min(1.0, static_cast<double>(step + 1) / rising) : factor;
}

template <class Real>
Layout<Real>::Layout(const Setup& setup, int panel) {
    for (const int one : setup.embedded) {
        slot_start.push_back(slots);
        slots += one;
    }
    if (slots > 0) {
        const long reals = slots * setup.embedding;
        parameters.push_back({0, static_cast<int>(slots), setup.embedding, setup.embedding, false});
        for (long at = 0; at < reals; at += kBlockReals) {
            const int columns = static_cast<int>(std::min<long>(kBlockReals, reals - at));
            blocks.push_back({at, 1, columns, padded<Real>(columns), true, Part::embeddings, -1, 0, 0});
        }
        count = padded<Real>(reals);
        record_layers = 1;
    }
    int inputs = setup.inputs();
    for (const int width : setup.hidden) {
        add_layer(setup, inputs, width, false, panel);
        inputs = width;
    }
    add_layer(setup, inputs, setup.outputs, true, panel);
    plain = count;
    if (!setup.binned.empty()) add_table(setup);
    const bool is_dropped = setup.dropout > 0;
    keeps_slope = setup.activation == Activation::silu || (is_dropped && setup.activation != Activation::relu);
}

template <class Real>
void Layout<Real>::add_layer(const Setup& setup, int inputs, int outputs, bool is_last, int panel) {
    const bool is_narrow = is_last && outputs <= kNarrow && setup.loss != LossName::cross_entropy;
    if (is_last) stride_outputs = is_narrow ? outputs : row_stride<Real>(outputs);
    Layer layer{inputs, outputs, row_stride<Real>(inputs), count, 0, is_narrow ? -1 : packed};
    const int number = static_cast<int>(layers.size());
    layer.bias = layer.weight + layer.stride * padded<Real>(outputs);
    count = layer.bias + padded<Real>(outputs);
    if (!is_narrow) packed += static_cast<long>((outputs + panel - 1) / panel) * panel * inputs;
    const int columns = number == 0 ? static_cast<int>(setup.column.size()) : inputs;
    parameters.push_back({layer.weight, outputs, columns, layer.stride, number == 0});
    parameters.push_back({layer.bias, 1, outputs, padded<Real>(outputs), false});
    const Part part = is_last ? Part::last : number == 0 ? Part::first : Part::hidden;
    for (int first = 0; first < outputs; first += panel)
        blocks.push_back({layer.weight + first * layer.stride, std::min(panel, outputs - first), inputs,
                          layer.stride, true, part, is_narrow ? -1 : number, first, record_layers});
    blocks.push_back({layer.bias, 1, outputs, padded<Real>(outputs), false, Part::biases, -1, 0, record_layers});
    layers.push_back(layer);
    ++record_layers;
}

// The weights of numbers in bins, of the first hidden layer: one row per bin, so that a number's outputs lie side by
// side. They come last, since their gradients are never added up from groups.
template <class Real>
void Layout<Real>::add_table(const Setup& setup) {
    Layer& layer = layers.front();
    const int record_layer = slots > 0 ? 1 : 0;
    layer.stride_table = row_stride<Real>(layer.outputs);
    layer.table = count;
    layer.knots = packed;
    long bin = 0;
    for (std::size_t number = 0; number < setup.binned.size(); ++number) {
        blocks.push_back({layer.table + bin * layer.stride_table, setup.binned[number], layer.outputs,
                          layer.stride_table, true, Part::first, -1, 0, record_layer, static_cast<int>(number)});
        first_knot.push_back(static_cast<std::int32_t>(bin + number));
        bin += setup.binned[number];
    }
    count += bin * layer.stride_table;
    knots = (bin + static_cast<long>(setup.binned.size())) * layer.stride_table;
    packed += knots;
}

template <class Real>
long Layout<Real>::place_of(const Setup& setup, const Parameter& p, int row, int column) const {
    if (!p.is_first_weight) return p.place + row * p.stride + column;
    const int ours = setup.column[column];
    if (ours >= 0) return p.place + row * p.stride + ours;
    return layers.front().table + (-1 - ours) * layers.front().stride_table + row;
}

template <class Real>
void Layout<Real>::copy_in(const Setup& setup, const Parameter& p, const Real* tensor, Real* memory) const {
    for (int row = 0; row < p.rows; ++row)
        for (int column = 0; column < p.columns; ++column) memory[place_of(setup, p, row, column)] = *tensor++;
}

template <class Real>
void Layout<Real>::copy_out(const Setup& setup, const Parameter& p, const Real* memory, Real* tensor) const {
    for (int row = 0; row < p.rows; ++row)
        for (int column = 0; column < p.columns; ++column) *tensor++ = memory[place_of(setup, p, row, column)];
}

template struct Layout<float>;
template struct Layout<double>;

}  // namespace glassnet
