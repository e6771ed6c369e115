// Forward and backward of some rows of one member, through all layers while the rows are in the second cache.
#include <algorithm>

#include "trainer.h"

namespace glassnet {

template <class Real>
double Trainer<Real>::pass(Member<Real>& m, const Batch& batch, int first, int rows, Real* gradient, bool adds,
                           Workspace<Real>& space) {
    const std::uint32_t* row = m.order + batch.start + first;
    // A run of one small batch per epoch sees the same rows at every step: they are gathered once.
    const bool is_whole = setup_.steps_per_epoch == 1 && rows == batch.rows;
    if (!is_whole || space.held != m.number) {
        gather(m, row, rows, space);
        const std::int64_t real = data_.folds[m.fold].fit_rows;
        if (setup_.is_weighted) gather_weights(row, rows, real - batch.start - first, space);
        space.held = is_whole ? m.number : -1;
    } else if (!setup_.embedded.empty()) {
        gather_embedded(m, rows, space);
    }
    forward(m, rows, space, &batch, first);
    const double loss = losses(rows, batch.scale, setup_.is_weighted, true, space);
    backward(m, rows, gradient, adds, space);
    return loss;
}

template <class Real>
Weights<Real> Trainer<Real>::weights_of(const Member<Real>& m) const {
    Weights<Real> w{setup_, layout_, kernels_, m.weight.data(), m.packed.data()};
    if (!m.team) return w;
    w.shared_plain = m.team->weight.data();
    w.shared_packed = m.team->packed.data();
    w.number_scale = m.number_scale;
    return w;
}

template <class Real>
void Trainer<Real>::forward(const Member<Real>& m, int rows, Workspace<Real>& space, const Batch* batch, int first) {
    if (is_neuron_) {
        kernels_.forward_columns(columns(m, rows, space.z.data(), nullptr, false, space));
        return;
    }
    const int last = static_cast<int>(layout_.layers.size()) - 1;
    const Weights<Real> w = weights_of(m);
    for (int l = 0; l <= last; ++l) {
        const bool is_last = l == last;
        Real* y = is_last ? space.z.data() : space.x[l + 1].data();
        Real* slope = !is_last && batch && layout_.keeps_slope ? space.slope[l].data() : nullptr;
        forward_layer<Real>(w, l, rows, space.binned, space.x[l].data(), y, slope);
        if (!is_last && batch && setup_.dropout > 0) drop(m, *batch, l, first, rows, space);
    }
}

// Numbers from `first` to before `last` of some rows.
template <class Real>
void Trainer<Real>::scatter(Member<Real>& m, int rows, int first, int last, const Binned<Real>& binned) {
    const Layer& layer = layout_.layers.front();
    kernels_.scatter({rows, first, last, layer.outputs, binned.knot, binned.fraction, kPartRows, binned.dy,
                      row_stride<Real>(layer.outputs), m.knot_gradient.data(), layer.stride_table});
}

template <class Real>
void Trainer<Real>::drop(const Member<Real>& m, const Batch& batch, int layer, int first, int rows,
                         Workspace<Real>& space) {
    // The stream of a step holds the layers' masks one after another, each over all rows of the batch.
    std::uint64_t before = 0;
    for (int l = 0; l < layer; ++l) before += setup_.hidden[l];
    const int width = setup_.hidden[layer];
    const std::uint64_t start = before * batch.rows + static_cast<std::uint64_t>(first) * width;
    const Stream stream{setup_.seed, Purpose::dropout, static_cast<std::uint64_t>(m.number),
                        static_cast<std::uint64_t>(batch.epoch), static_cast<std::uint64_t>(batch.step)};
    const std::uint16_t* lanes = lanes16(kernels_.draw, stream, start, static_cast<std::uint64_t>(rows) * width, space.random);
    kernels_.drop({rows, width, lanes, setup_.keep_threshold, static_cast<Real>(1.0 / (1.0 - setup_.dropout)),
                   space.x[layer + 1].data(), layout_.keeps_slope ? space.slope[layer].data() : nullptr,
                   row_stride<Real>(width)});
}

// A neuron's rows and weights; `z` are its sums, or the derivatives by them.
template <class Real>
Columns<Real> Trainer<Real>::columns(const Member<Real>& m, int rows, Real* z, Real* gradient, bool adds,
                                     Workspace<Real>& space) const {
    const Layer& layer = layout_.layers.front();
    return {rows, layer.inputs, space.inputs, space.stride_inputs, m.weight.data() + layer.weight,
            m.weight.data() + layer.bias, z, gradient + layer.weight, gradient + layer.bias, adds};
}

template <class Real>
double Trainer<Real>::losses(int rows, double scale, bool is_weighted, bool wants_slope, Workspace<Real>& space) {
    double sum = 0;
    kernels_.loss({setup_.loss, setup_.is_sigmoid, rows, setup_.outputs, space.z.data(), layout_.stride_outputs,
                   space.targets ? space.targets : space.target.data(), is_weighted ? space.weight.data() : nullptr,
                   is_weighted ? space.spread_weight.data() : nullptr, scale, setup_.smoothing, setup_.level,
                   wants_slope ? space.dz.data() : nullptr, &sum});
    return sum;
}

template <class Real>
void Trainer<Real>::backward(Member<Real>& m, int rows, Real* gradient, bool adds, Workspace<Real>& space) {
    if (is_neuron_) {
        kernels_.backward_columns(columns(m, rows, space.dz.data(), gradient, adds, space));
        return;
    }
    const int last = static_cast<int>(layout_.layers.size()) - 1;
    const Real* dy = space.dz.data();
    long stride_dy = layout_.stride_outputs;
    for (int l = last; l >= 0; --l) {
        const Layer& layer = layout_.layers[l];
        const long stride_x = row_stride<Real>(layer.inputs);
        kernels_.backward_weights({rows, layer.inputs, layer.outputs, dy, stride_dy, space.x[l].data(), stride_x,
                                   gradient + layer.weight, layer.stride, gradient + layer.bias, adds});
        const int wanted = l > 0 ? layer.inputs : setup_.embedded_width();
        if (wanted == 0) return;
        const bool is_stored = l > 0 && layout_.keeps_slope;
        const bool follows = l > 0 && !is_stored && setup_.activation != Activation::linear;
        Real* dx = l == 1 && !setup_.binned.empty() ? space.binned.dy : space.back[l % 2].data();
        const Member<Real>& held = m.team && l > 0 && l < last ? *m.team : m;
        kernels_.backward_inputs({rows, wanted, layer.outputs, dy, stride_dy, held.weight.data() + layer.weight,
                                  layer.stride, dx, stride_x, follows ? space.x[l].data() : nullptr,
                                  is_stored ? space.slope[l - 1].data() : nullptr, setup_.activation,
                                  static_cast<Real>(setup_.dropout > 0 ? 1.0 / (1.0 - setup_.dropout) : 1.0)});
        dy = dx;
        stride_dy = stride_x;
    }
    if (!adds) std::fill_n(gradient, padded<Real>(layout_.slots * setup_.embedding), Real(0));
    backward_embedding(rows, dy, stride_dy, gradient, space);
}

template <class Real>
void Trainer<Real>::backward_embedding(int rows, const Real* dx, long stride, Real* gradient, Workspace<Real>& space) {
    const long size = setup_.embedding;
    for (int b = 0; b < rows; ++b)
        for (std::size_t e = 0; e < setup_.embedded.size(); ++e) {
            Real* to = gradient + (layout_.slot_start[e] + space.slots[b * setup_.embedded.size() + e]) * size;
            const Real* from = dx + b * stride + e * size;
            for (long v = 0; v < size; ++v) to[v] += from[v];
        }
}

#define GLASSNET_MAKE(Real)                                                                                        \
    template double Trainer<Real>::pass(Member<Real>&, const Batch&, int, int, Real*, bool, Workspace<Real>&);     \
    template void Trainer<Real>::forward(const Member<Real>&, int, Workspace<Real>&, const Batch*, int);           \
    template void Trainer<Real>::scatter(Member<Real>&, int, int, int, const Binned<Real>&);                       \
    template double Trainer<Real>::losses(int, double, bool, bool, Workspace<Real>&);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
