// From gradients to new weights, block by block: add up the groups, clip, take the optimiser's step, pack again.
#include <algorithm>
#include <cmath>
#include <utility>

#include "trainer.h"

namespace glassnet {
namespace {

constexpr double kBeta1 = 0.9;  // torch's default

}  // namespace

template <class Real>
UpdateRates Trainer<Real>::rates_of(const Member<Real>& m, std::int64_t number) const {
    const double count = static_cast<double>(m.steps + 1);
    const bool is_adam = setup_.optimizer != OptimizerName::sgd;
    return {setup_.optimizer,
            setup_.learning_rate * rate_factor(setup_, number),
            setup_.decay,
            setup_.momentum,
            is_adam ? 1.0 - std::pow(kBeta1, count) : 1.0,
            is_adam ? 1.0 - std::pow(setup_.second_moment, count) : 1.0,
            m.steps == 0,
            1.0,
            setup_.second_moment,
            // While there are few steps to average the average forgets faster: engine/average.py.
            m.steps == 0 ? 1.0 : 1.0 - std::min(setup_.average, count / (count + 9.0))};
}

template <class Real>
void Trainer<Real>::reduce_block(Member<Real>& m, int number, int groups) {
    const Block& b = layout_.blocks[number];
    Real* total = m.gradient.data() + b.place;
    if (b.number >= 0) kernels_.sum_down({b.rows, b.columns, b.stride, total, m.knot_gradient.data() + knot_place(b)});
    add_groups(m, number, groups);
    m.block_squares[number] = kernels_.square_sum(b.rows, b.columns, b.stride, total);
}

// Adds up what the groups of a spread batch say of one block; of the table they say nothing.
template <class Real>
void Trainer<Real>::add_groups(Member<Real>& m, int number, int groups) {
    const Block& b = layout_.blocks[number];
    if (b.number >= 0) return;
    for (int group = 1; group < groups; ++group)
        kernels_.add(b.rows, b.columns, b.stride, m.gradient.data() + b.place,
                     group_gradient_[group - 1].data() + b.place);
}

template <class Real>
void Trainer<Real>::update_block(Member<Real>& m, int number, const UpdateRates& rates) {
    renew_block(m, number, rates);
    pack(m, layout_.blocks[number]);
}

// A part of the network has factors of its own: AdamW's decay is usually on matrices only, SGD's and Adam's on all.
template <class Real>
UpdateRates Trainer<Real>::of_part(UpdateRates rates, Part part) const {
    rates.rate *= setup_.rate_factors[static_cast<int>(part)];
    rates.decay *= setup_.decay_factors[static_cast<int>(part)];
    return rates;
}

template <class Real>
void Trainer<Real>::renew_block(Member<Real>& m, int number, const UpdateRates& rates) {
    const Block& b = layout_.blocks[number];
    const UpdateRates own = of_part(rates, b.part);
    kernels_.update({b.rows, b.columns, b.stride, m.weight.data() + b.place, m.gradient.data() + b.place,
                     m.moment ? m.moment.data() + b.place : nullptr, m.square ? m.square.data() + b.place : nullptr,
                     m.average ? m.average.data() + b.place : nullptr, &own});
}

template <class Real>
long Trainer<Real>::knot_place(const Block& b) const {
    return layout_.first_knot[b.number] * b.stride;
}

template <class Real>
void Trainer<Real>::pack(Member<Real>& m, const Block& b) {
    pack_block<Real>(layout_, kernels_, b, m.weight.data(), m.packed.data());
}

// Does `work` with the averaged weights in place of the trained ones, where there are such.
template <class Real>
void Trainer<Real>::with_average(Member<Real>& m, const std::function<void()>& work) {
    if (!m.average) return work();
    const Member<Real>* const team = std::exchange(m.team, nullptr);
    for (int turn = 0; turn < 2; ++turn) {
        std::swap(m.weight, m.average);
        for (const Block& b : layout_.blocks) pack(m, b);
        if (turn == 0) work();
    }
    m.team = team;
}

// Returns the factor of clipping. Without `each` one thread takes the blocks in turn.
template <class Real>
double Trainer<Real>::update(Member<Real>& m, const UpdateRates& given, int groups, const Each* each) {
    const int blocks = static_cast<int>(layout_.blocks.size());
    UpdateRates rates = given;
    const auto every = [&](const auto& work) {
        if (each) return (*each)(blocks, [&](int block, int) { work(block); });
        for (int block = 0; block < blocks; ++block) work(block);
    };
    if (setup_.clip > 0) {
        every([&](int block) { reduce_block(m, block, groups); });
        double squares = 0;
        for (const double one : m.block_squares) squares += one;
        const double factor = setup_.clip / (std::sqrt(squares) + 1e-6);
        rates.factor = factor > 1.0 ? 1.0 : factor;
        every([&](int block) { update_block(m, block, rates); });
    } else {
        every([&](int block) {
            reduce_block(m, block, groups);
            update_block(m, block, rates);
        });
    }
    ++m.steps;
    return rates.factor;
}

#define GLASSNET_MAKE(Real)                                                                     \
    template UpdateRates Trainer<Real>::rates_of(const Member<Real>&, std::int64_t) const;      \
    template void Trainer<Real>::reduce_block(Member<Real>&, int, int);                         \
    template void Trainer<Real>::add_groups(Member<Real>&, int, int);                           \
    template void Trainer<Real>::update_block(Member<Real>&, int, const UpdateRates&);          \
    template UpdateRates Trainer<Real>::of_part(UpdateRates, Part) const;                       \
    template void Trainer<Real>::renew_block(Member<Real>&, int, const UpdateRates&);           \
    template void Trainer<Real>::pack(Member<Real>&, const Block&);                             \
    template long Trainer<Real>::knot_place(const Block&) const;                               \
    template void Trainer<Real>::with_average(Member<Real>&, const std::function<void()>&);     \
    template double Trainer<Real>::update(Member<Real>&, const UpdateRates&, int, const Each*);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
