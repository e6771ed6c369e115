#include "network.h"

#include <algorithm>
#include <cstring>

#include "pool.h"
#include "tiny.h"

namespace glassnet {

template <class Real>
void pack_block(const Layout<Real>& layout, const Kernels<Real>& kernels, const Block& b, Real* plain, Real* packed) {
    if (b.number >= 0)
        kernels.sum_up({b.rows, b.columns, b.stride, plain + b.place,
                        packed + layout.layers.front().knots + layout.first_knot[b.number] * b.stride});
    if (b.layer < 0) return;
    const Layer& layer = layout.layers[b.layer];
    kernels.transpose({b.rows, layer.inputs, plain + b.place, b.stride,
                       packed + layer.packed + static_cast<long>(b.first_output) * layer.inputs});
}

template <class Real>
void forward_layer(const Weights<Real>& w, int number, int rows, const Binned<Real>& binned, const Real* x, Real* y,
                   Real* slope) {
    const Layer& layer = w.layout.layers[number];
    const bool is_last = number + 1 == static_cast<int>(w.layout.layers.size());
    const bool is_shared = w.shared_plain && number > 0 && !is_last;
    const Real* plain = is_shared ? w.shared_plain : w.plain;
    const Real* packed = is_shared ? w.shared_packed : w.packed;
    const bool is_binned = number == 0 && layer.table >= 0;
    const long stride_x = row_stride<Real>(layer.inputs);
    const long stride_y = is_last ? w.layout.stride_outputs : row_stride<Real>(layer.outputs);
    if (layer.packed < 0) {
        w.kernels.forward_narrow({rows, layer.inputs, layer.outputs, x, stride_x, plain + layer.weight, layer.stride,
                                  plain + layer.bias, y, stride_y});
        return;
    }
    if (is_binned)
        w.kernels.lookup({rows, static_cast<int>(w.setup.binned.size()), layer.outputs, binned.knot, binned.fraction,
                          kPartRows, (w.number_scale ? w.shared_packed : packed) + layer.knots, layer.stride_table,
                          plain + layer.bias, y, stride_y, w.number_scale});
    w.kernels.forward({rows, layer.inputs, layer.outputs, x, stride_x, packed + layer.packed, plain + layer.bias, y,
                       slope, stride_y, is_last ? Activation::linear : w.setup.activation, is_binned});
}

// Memory of one thread, for the rows it works on.
template <class Real>
struct Network<Real>::Space {
    std::vector<Buffer<Real>> x;  // inputs of each layer, (kPartRows, stride); the last one the outputs
    std::vector<std::int32_t> knot, slot;
    Buffer<Real> fraction;
};

template <class Real>
Network<Real>::Network(const Setup& setup, const std::vector<const Real*>& tensors)
    : setup_(setup), kernels_(choose_kernels<Real>(setup.set)), layout_(setup, kernels_.panel) {
    for (int k = 0; k < setup.members; ++k) {
        Buffer<Real> plain(layout_.count), packed(layout_.packed);
        for (std::size_t number = 0; number < tensors.size(); ++number) {
            const Parameter& p = layout_.parameters[number];
            const Real* from = tensors[number] + static_cast<long>(k) * p.rows * p.columns;
            layout_.copy_in(setup_, p, from, plain.data());
        }
        for (const Block& b : layout_.blocks) pack_block(layout_, kernels_, b, plain.data(), packed.data());
        plain_.push_back(std::move(plain));
        packed_.push_back(std::move(packed));
    }
}

template <class Real>
Layout<Real> Network<Real>::layout_of(const Setup& setup) {
    return Layout<Real>(setup, choose_kernels<Real>(setup.set).panel);
}

template <class Real>
typename Network<Real>::Space Network<Real>::make_space() const {
    Space space;
    for (const Layer& layer : layout_.layers) space.x.emplace_back(kPartRows * row_stride<Real>(layer.inputs));
    space.x.emplace_back(kPartRows * layout_.stride_outputs);
    space.knot.resize(kPartRows * setup_.binned.size());
    space.slot.resize(kPartRows * setup_.embedded.size());
    space.fraction = Buffer<Real>(kPartRows * static_cast<long>(setup_.binned.size()));
    return space;
}

// Rows from `first` on as the first layer is given them.
template <class Real>
void Network<Real>::gather(const Rows<Real>& given, std::int64_t first, int rows, const Real* plain,
                           Space& space) const {
    const long size = setup_.embedding, stride = row_stride<Real>(setup_.inputs());
    const std::size_t numbers = setup_.binned.size(), embedded = setup_.embedded.size();
    std::uint32_t row[kPartRows] = {};
    for (int b = 0; b < rows; ++b) row[b] = static_cast<std::uint32_t>(first + b);
    given.gather(row, rows, {space.x[0].data() + setup_.embedded_width(), stride, space.slot.data(), space.knot.data(),
                             space.fraction.data()});
    for (int b = 0; b < rows; ++b) {
        Real* to = space.x[0].data() + b * stride;
        for (std::size_t e = 0; e < embedded; ++e, to += size)
            std::memcpy(to, plain + (layout_.slot_start[e] + space.slot[b * embedded + e]) * size, size * sizeof(Real));
    }
    for (std::size_t n = 0; n < numbers; ++n)
        for (int b = 0; b < rows; ++b) space.knot[n * kPartRows + b] += layout_.first_knot[n];
}

template <class Real>
void Network<Real>::outputs_of(int member, const Rows<Real>& given, std::int64_t first, int rows, Space& space,
                               double* output_RT) const {
    const Weights<Real> w{setup_, layout_, kernels_, plain_[member].data(), packed_[member].data()};
    const int layers = static_cast<int>(layout_.layers.size());
    gather(given, first, rows, w.plain, space);
    const Binned<Real> binned{space.knot.data(), space.fraction.data(), nullptr};
    for (int l = 0; l < layers; ++l)
        forward_layer<Real>(w, l, rows, binned, space.x[l].data(), space.x[l + 1].data(), nullptr);
    const long stride = layout_.stride_outputs;
    Real* z = space.x[layers].data();
    if (setup_.is_sigmoid) kernels_.sigmoid(rows * stride, z);
    for (int b = 0; b < rows; ++b)
        std::copy_n(z + b * stride, setup_.outputs, output_RT + (first + b) * setup_.outputs);
}

template <class Real>
void Network<Real>::outputs(const Rows<Real>& given, int threads, double* output_KRT) const {
    const TinyIsZero quick;
    const int chunks = static_cast<int>((given.rows() + kChunkRows - 1) / kChunkRows), tasks = setup_.members * chunks;
    const double products = static_cast<double>(layout_.plain) * static_cast<double>(given.rows()) * setup_.members;
    Pool pool(products < kSpreadFrom ? 1 : std::max(1, std::min(threads, tasks)));
    std::vector<Space> spaces;
    for (int worker = 0; worker < pool.threads(); ++worker) spaces.push_back(make_space());
    // A member's chunks follow one another, so that its weights stay in the cache.
    pool.run(tasks, [&](int task, int worker) {
        const int member = task / chunks;
        const std::int64_t start = static_cast<std::int64_t>(task % chunks) * kChunkRows;
        const std::int64_t end = std::min<std::int64_t>(start + kChunkRows, given.rows());
        double* output_RT = output_KRT + static_cast<std::int64_t>(member) * given.rows() * setup_.outputs;
        for (std::int64_t first = start; first < end; first += kPartRows)
            outputs_of(member, given, first, static_cast<int>(std::min<std::int64_t>(kPartRows, end - first)),
                       spaces[worker], output_RT);
    });
}

#define GLASSNET_MAKE(Real)                                                                                          \
    template void pack_block<Real>(const Layout<Real>&, const Kernels<Real>&, const Block&, Real*, Real*);           \
    template void forward_layer<Real>(const Weights<Real>&, int, int, const Binned<Real>&, const Real*, Real*, Real*); \
    template class Network<Real>;
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
