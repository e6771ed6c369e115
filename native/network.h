// A network's forward pass: one layer of one member, for the trainer, and whole networks whose weights stay as they
// are, for predictions.
//
// Letters: K members, R rows given, N numbers that are looked up, T outputs.
#pragma once

#include <cstdint>
#include <vector>

#include "buffer.h"
#include "kernels/table.h"
#include "rows.h"
#include "setup.h"

namespace glassnet {

constexpr int kChunkRows = 1024;  // of one member: what a thread takes at a time

// Numbers in bins of some rows, number by number, and the derivatives by the sums of the first layer.
template <class Real>
struct Binned {
    std::int32_t* knot = nullptr;  // (N, kPartRows): row of the knot below
    Real* fraction = nullptr;      // (N, kPartRows)
    Real* dy = nullptr;            // (kPartRows, stride of the first layer's outputs)
};

// One member's weights beside what they are the weights of.
template <class Real>
struct Weights {
    const Setup& setup;
    const Layout<Real>& layout;
    const Kernels<Real>& kernels;
    const Real* plain;
    const Real* packed;
    const Real* shared_plain = nullptr;   // of a team: where the weights are that its members have in common
    const Real* shared_packed = nullptr;
    const Real* number_scale = nullptr;   // of a team's member: of each number in bins, whose knots are the team's
};

// Packs one block of weights the way the forward pass reads it.
template <class Real>
void pack_block(const Layout<Real>& layout, const Kernels<Real>& kernels, const Block& block, Real* plain, Real* packed);

// Passes rows through one layer; of the first, numbers in bins give the sums their start.
template <class Real>
void forward_layer(const Weights<Real>& w, int layer, int rows, const Binned<Real>& binned, const Real* x, Real* y,
                   Real* slope);

// K networks with weights that stay: what is predicted for a row depends on the row alone. Any number of threads may
// ask one at the same time.
template <class Real>
class Network {
   public:
    // `tensors` are torch's, one behind the other as in Layout::parameters, each (K, rows, columns).
    Network(const Setup& setup, const std::vector<const Real*>& tensors);

    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    const Setup& setup() const { return setup_; }
    static Layout<Real> layout_of(const Setup& setup);

    // Writes every member's outputs, (K, R, T).
    void outputs(const Rows<Real>& given, int threads, double* output_KRT) const;

   private:
    struct Space;
    Space make_space() const;
    void gather(const Rows<Real>& given, std::int64_t first, int rows, const Real* plain, Space& space) const;
    void outputs_of(int member, const Rows<Real>& given, std::int64_t first, int rows, Space& space,
                    double* output_RT) const;

    Setup setup_;
    const Kernels<Real>& kernels_;
    Layout<Real> layout_;
    std::vector<Buffer<Real>> plain_, packed_;  // of each member
};

}  // namespace glassnet
