// The rows of a step: their order, and the gathering of their numbers.
#include <algorithm>
#include <cstring>

#include "trainer.h"

namespace glassnet {
namespace {

constexpr int kAhead = 16;  // rows asked for before they are copied: a table is larger than the caches
constexpr std::int64_t kAheadRows = 1 << 16;  // rows up to which orders are made ahead: some 4 MB a member
constexpr std::int64_t kRecordRows = 1 << 16;  // of a neuron: no more than the second cache holds
constexpr std::size_t kKeptRoom = 1 << 18;  // rows up to which the memory that an order is made in is kept

template <class Real>
inline void ask_for(const Real* row, long count) {
    for (long at = 0; at < count; at += kLine / sizeof(Real)) __builtin_prefetch(row + at);
}

// Copies a row in whole cache lines where the table goes on behind it: what is read too much falls on padding, or on
// the start of the next row, which is written after.
template <class Real>
inline void copy_row(const Real* from, Real* to, long count, bool has_more) {
    if (!has_more) {
        std::memcpy(to, from, count * sizeof(Real));
        return;
    }
    for (long at = 0; at < count; at += kLineReals<Real>) std::memcpy(to + at, from + at, kLine);
}

}  // namespace

// Where a thread is left over it makes the orders of coming epochs.
template <class Real>
void Trainer<Real>::make_ahead(Member<Real>& m) {
    const std::int64_t rows = static_cast<std::int64_t>(data_.fit[m.fold].size());
    const std::int64_t epochs = (setup_.steps + setup_.steps_per_epoch - 1) / setup_.steps_per_epoch;
    const bool is_shuffled = setup_.steps_per_epoch > 1;
    const bool is_spare = setup_.threads >= 2 * setup_.members && !spreads_rows();
    if (!is_spare || !is_shuffled || epochs < 2 || rows > kAheadRows) return;
    m.ahead = std::make_unique<OrdersAhead>(
        epochs, rows, [this, member = m.number](std::int64_t epoch, Order& order, OrderRoom& room) {
            make_order(member, epoch, order, room);
        });
}

template <class Real>
void Trainer<Real>::make_order(int member, std::int64_t epoch, Order& order, OrderRoom& room) const {
    const bool is_shuffled = setup_.steps_per_epoch > 1;
    const std::vector<std::int64_t>& fit = data_.fit[members_[member].fold];
    const std::int64_t count = static_cast<std::int64_t>(fit.size());
    if (is_shuffled)
        random_order(kernels_.draw, {setup_.seed, Purpose::order, static_cast<std::uint64_t>(member),
                      static_cast<std::uint64_t>(epoch), 0},
                     fit.size(), room);
    order.resize(setup_.longest);
    for (std::int64_t n = 0; n < count; ++n) order[n] = fit[is_shuffled ? room.place(n) : n];
    for (std::int64_t n = count; n < setup_.longest; ++n) order[n] = order[n - count];
    // Kept, the room would be three times the order: with 16 members 380 bytes a row, six times the table itself.
    if (fit.size() > kKeptRoom) room = OrderRoom{};
}

template <class Real>
void Trainer<Real>::set_order(Member<Real>& m, std::int64_t epoch) {
    const bool is_shuffled = setup_.steps_per_epoch > 1;
    if (m.order_epoch == epoch || (!is_shuffled && m.order_epoch >= 0)) return;
    if (m.ahead) {
        m.order = m.ahead->order(epoch);
    } else {
        make_order(m.number, epoch, m.own_order, m.order_room);
        m.order = m.own_order.data();
    }
    m.order_epoch = epoch;
}

template <class Real>
Batch Trainer<Real>::batch_of(Member<Real>& m, std::int64_t number) {
    Batch batch{number / setup_.steps_per_epoch, number % setup_.steps_per_epoch, 0, 0, 0};
    set_order(m, batch.epoch);
    batch.start = batch.step * setup_.batch;
    batch.rows = static_cast<int>(std::min(setup_.batch, setup_.longest - batch.start));
    double sum = batch.rows;
    if (setup_.is_weighted) {
        const std::int64_t base = m.fold * data_.rows, real = static_cast<std::int64_t>(data_.fit[m.fold].size());
        sum = 0;
        for (std::int64_t n = batch.start; n < std::min(batch.start + batch.rows, real); ++n)
            sum += data_.weight[m.order[n] - base];
    }
    batch.scale = 1.0 / std::max(sum, 1e-30);
    return batch;
}

template <class Real>
void Trainer<Real>::gather(const Member<Real>& m, const std::int64_t* places, int rows, Workspace<Real>& space) {
    if (is_neuron_) return gather_neuron(places, rows, space);
    const long width = setup_.dense, embedded = setup_.embedded_width(), stride = row_stride<Real>(setup_.inputs());
    const long all = data_.rows * static_cast<long>(data_.fit.size()) * width;
    const int targets = setup_.targets();
    const long stride_target = setup_.loss == LossName::cross_entropy ? 1 : layout_.stride_outputs;
    for (int b = 0; b < rows; ++b) {
        if (b + kAhead < rows) {
            ask_for(data_.dense + places[b + kAhead] * width, width);
            __builtin_prefetch(data_.target + places[b + kAhead] * targets);
        }
        const bool has_more = places[b] * width + padded<Real>(width) <= all;
        copy_row(data_.dense + places[b] * width, space.x[0].data() + b * stride + embedded, width, has_more);
        for (int t = 0; t < targets; ++t)
            space.target.data()[b * stride_target + t] = data_.target[places[b] * targets + t];
        if (embedded) space.slots[b] = data_.slot + places[b] * static_cast<long>(setup_.embedded.size());
    }
    if (embedded) gather_embedded(m, rows, space);
    if (!setup_.binned.empty()) gather_binned(places, rows, space);
}

// Copies the fit rows column by column, where they stay in the second cache: after each epoch all are looked at.
template <class Real>
void Trainer<Real>::make_neuron() {
    is_neuron_ = setup_.hidden.empty() && setup_.outputs == 1 && setup_.loss != LossName::cross_entropy &&
                 setup_.embedded.empty() && setup_.dense > 0 && setup_.dense <= kNeuronInputs;
    if (!is_neuron_) return;
    make_records();
    if (!setup_.evaluates_rows) return;
    for (const std::vector<std::int64_t>& fit : data_.fit) {
        const int rows = static_cast<int>(std::min<std::size_t>(fit.size(), kNeuronRows + 1));
        if (rows > kNeuronRows) continue;
        fit_columns_.emplace_back((setup_.dense + 1) * kNeuronRows);
        Real* to = fit_columns_.back().data();
        kernels_.gather_columns({rows, setup_.dense, fit.data(), data_.dense, data_.target, to, kNeuronRows,
                                 to + setup_.dense * kNeuronRows});
    }
    if (fit_columns_.size() != data_.fit.size()) fit_columns_.clear();
}

// Copies each row with its target behind it, so that four numbers at a time are gathered.
template <class Real>
void Trainer<Real>::make_records() {
    const std::int64_t rows = data_.rows * static_cast<std::int64_t>(data_.fit.size());
    if (rows > kRecordRows) return;
    record_ = record_width(setup_.dense);
    records_ = Buffer<Real>(rows * record_);
    for (std::int64_t row = 0; row < rows; ++row) {
        Real* to = records_.data() + row * record_;
        std::copy_n(data_.dense + row * setup_.dense, setup_.dense, to);
        to[setup_.dense] = data_.target[row];
    }
}

template <class Real>
void Trainer<Real>::gather_neuron(const std::int64_t* places, int rows, Workspace<Real>& space) {
    Real* to = space.x[0].data();
    if (records_)
        kernels_.gather_records({rows, places, records_.data(), record_, to, kPartRows});
    else
        kernels_.gather_columns({rows, setup_.dense, places, data_.dense, data_.target, to, kPartRows,
                                 to + setup_.dense * kPartRows});
    space.inputs = to;
    space.stride_inputs = kPartRows;
    space.targets = to + setup_.dense * kPartRows;
}

// Points at the neuron's fit rows from `first` on, if `places` are those and lie at hand.
template <class Real>
bool Trainer<Real>::show_fit_rows(const Member<Real>& m, const std::int64_t* places, std::int64_t first,
                                  Workspace<Real>& space) {
    if (fit_columns_.empty() || places != data_.fit[m.fold].data()) return false;
    const Real* from = fit_columns_[m.fold].data();
    space.inputs = from + first;
    space.stride_inputs = kNeuronRows;
    space.targets = from + setup_.dense * kNeuronRows + first;
    return true;
}

template <class Real>
void Trainer<Real>::gather_binned(const std::int64_t* places, int rows, Workspace<Real>& space) {
    const int numbers = static_cast<int>(setup_.binned.size());
    for (int b = 0; b < rows; ++b) {
        if (b + kAhead < rows) {
            ask_for(data_.bin + places[b + kAhead] * numbers, numbers);
            ask_for(data_.fraction + places[b + kAhead] * numbers, numbers);
        }
        const std::uint16_t* bin = data_.bin + places[b] * numbers;
        const Real* fraction = data_.fraction + places[b] * numbers;
        for (int number = 0; number < numbers; ++number) {
            space.binned.knot[number * kPartRows + b] = layout_.first_knot[number] + bin[number];
            space.binned.fraction[number * kPartRows + b] = fraction[number];
        }
    }
}

template <class Real>
void Trainer<Real>::gather_embedded(const Member<Real>& m, int rows, Workspace<Real>& space) {
    const long stride = row_stride<Real>(setup_.inputs()), size = setup_.embedding;
    const Real* table = (m.team ? *m.team : m).weight.data();
    for (int b = 0; b < rows; ++b) {
        Real* to = space.x[0].data() + b * stride;
        for (std::size_t e = 0; e < setup_.embedded.size(); ++e) {
            const long slot = layout_.slot_start[e] + space.slots[b][e];
            std::memcpy(to + e * size, table + slot * size, size * sizeof(Real));
        }
    }
}

// Rows from `counted` on are padding and weigh nothing.
template <class Real>
void Trainer<Real>::gather_weights(const Member<Real>& m, const std::int64_t* places, int rows, std::int64_t counted,
                                   Workspace<Real>& space) {
    const std::int64_t base = m.fold * data_.rows;
    Real* weight = space.weight.data();
    for (int b = 0; b < rows; ++b) weight[b] = b < counted ? data_.weight[places[b] - base] : Real(0);
    if (layout_.stride_outputs != setup_.outputs) return;
    Real* spread = space.spread_weight.data();
    for (int b = 0; b < rows; ++b) std::fill_n(spread + b * setup_.outputs, setup_.outputs, weight[b]);
}

#define GLASSNET_MAKE(Real)                                                                                       \
    template void Trainer<Real>::make_neuron();                                                                   \
    template bool Trainer<Real>::show_fit_rows(const Member<Real>&, const std::int64_t*, std::int64_t,            \
                                               Workspace<Real>&);                                                 \
    template void Trainer<Real>::make_ahead(Member<Real>&);                                                       \
    template void Trainer<Real>::set_order(Member<Real>&, std::int64_t);                                          \
    template Batch Trainer<Real>::batch_of(Member<Real>&, std::int64_t);                                          \
    template void Trainer<Real>::gather(const Member<Real>&, const std::int64_t*, int, Workspace<Real>&);         \
    template void Trainer<Real>::gather_embedded(const Member<Real>&, int, Workspace<Real>&);                     \
    template void Trainer<Real>::gather_weights(const Member<Real>&, const std::int64_t*, int, std::int64_t,      \
                                                Workspace<Real>&);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
