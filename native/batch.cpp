// The rows of a step: their order, and the gathering of their numbers.
#include <algorithm>
#include <cstring>

#include "trainer.h"

namespace glassnet {
namespace {

constexpr int kAhead = 16;  // rows whose targets are asked for before they are copied
constexpr std::int64_t kAheadRows = 1 << 16;  // rows up to which orders are made ahead: some 4 MB a member
constexpr std::int64_t kRecordRows = 1 << 16;  // of a neuron: no more than the second cache holds
constexpr std::int64_t kKeptRoom = 1 << 18;  // rows up to which the memory that an order is made in is kept

}  // namespace

// Where a thread is left over it makes the orders of coming epochs.
template <class Real>
void Trainer<Real>::make_ahead(Member<Real>& m) {
    const std::int64_t rows = data_.folds[m.fold].fit_rows;
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
    const std::int64_t* fit = data_.folds[members_[member].fold].fit;
    const std::int64_t count = data_.folds[members_[member].fold].fit_rows;
    if (is_shuffled)
        random_order(kernels_.draw, {setup_.seed, Purpose::order, static_cast<std::uint64_t>(member),
                      static_cast<std::uint64_t>(epoch), 0},
                     count, room);
    order.resize(setup_.longest);
    for (std::int64_t n = 0; n < count; ++n) order[n] = static_cast<std::uint32_t>(fit[is_shuffled ? room.place(n) : n]);
    for (std::int64_t n = count; n < setup_.longest; ++n) order[n] = order[n - count];
    // Kept, the room would be four times the order: with 16 members 250 bytes a row, more than the table itself.
    if (count > kKeptRoom) room = OrderRoom{};
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
        const std::int64_t real = data_.folds[m.fold].fit_rows;
        sum = 0;
        for (std::int64_t n = batch.start; n < std::min(batch.start + batch.rows, real); ++n)
            sum += data_.weight[m.order[n]];
    }
    batch.scale = 1.0 / std::max(sum, 1e-30);
    return batch;
}

template <class Real>
void Trainer<Real>::gather(const Member<Real>& m, const std::uint32_t* row, int rows, Workspace<Real>& space) {
    if (is_neuron_) return gather_neuron(m, row, rows, space);
    const Fold<Real>& fold = data_.folds[m.fold];
    const int targets = setup_.targets();
    const long stride_target = setup_.loss == LossName::cross_entropy ? 1 : layout_.stride_outputs;
    for (int b = 0; b < rows; ++b) {
        if (b + kAhead < rows) __builtin_prefetch(fold.target + static_cast<std::int64_t>(row[b + kAhead]) * targets);
        for (int t = 0; t < targets; ++t)
            space.target.data()[b * stride_target + t] = fold.target[static_cast<std::int64_t>(row[b]) * targets + t];
    }
    fold.rows->gather(row, rows, {space.x[0].data() + setup_.embedded_width(), row_stride<Real>(setup_.inputs()),
                                  space.slots.data(), space.binned.knot, space.binned.fraction});
    if (!setup_.embedded.empty()) gather_embedded(m, rows, space);
    for (std::size_t number = 0; number < setup_.binned.size(); ++number)
        for (int b = 0; b < rows; ++b) space.binned.knot[number * kPartRows + b] += layout_.first_knot[number];
}

// Copies the fit rows column by column, where they stay in the second cache: after each epoch all are looked at.
template <class Real>
void Trainer<Real>::make_neuron() {
    is_neuron_ = setup_.hidden.empty() && setup_.outputs == 1 && setup_.loss != LossName::cross_entropy &&
                 setup_.embedded.empty() && setup_.dense > 0 && setup_.dense <= kNeuronInputs;
    if (!is_neuron_) return;
    make_records();
    if (!setup_.evaluates_rows) return;
    for (const Fold<Real>& fold : data_.folds) {
        if (fold.fit_rows > kNeuronRows || !fold.rows->kept()) continue;
        const std::vector<std::uint32_t> row(fold.fit, fold.fit + fold.fit_rows);
        fit_columns_.emplace_back((setup_.dense + 1) * kNeuronRows);
        Real* to = fit_columns_.back().data();
        kernels_.gather_columns({static_cast<int>(row.size()), setup_.dense, row.data(), fold.rows->kept(), fold.target,
                                 to, kNeuronRows, to + setup_.dense * kNeuronRows});
    }
    if (fit_columns_.size() != data_.folds.size()) fit_columns_.clear();
}

// Copies each row with its target behind it, so that four numbers at a time are gathered.
template <class Real>
void Trainer<Real>::make_records() {
    const std::int64_t rows = data_.rows * static_cast<std::int64_t>(data_.folds.size());
    if (rows > kRecordRows || !data_.folds.front().rows->kept()) return;
    record_ = record_width(setup_.dense);
    records_ = Buffer<Real>(rows * record_);
    Real* to = records_.data();
    for (const Fold<Real>& fold : data_.folds)
        for (std::int64_t row = 0; row < data_.rows; ++row, to += record_) {
            std::copy_n(fold.rows->kept() + row * setup_.dense, setup_.dense, to);
            to[setup_.dense] = fold.target[row];
        }
}

template <class Real>
void Trainer<Real>::gather_neuron(const Member<Real>& m, const std::uint32_t* row, int rows, Workspace<Real>& space) {
    const Fold<Real>& fold = data_.folds[m.fold];
    Real *to = space.x[0].data(), *to_target = to + setup_.dense * kPartRows;
    space.inputs = to;
    space.stride_inputs = kPartRows;
    space.targets = to_target;
    if (records_) {
        kernels_.gather_records({rows, row, records_.data() + m.fold * data_.rows * record_, record_, to, kPartRows});
        return;
    }
    if (fold.rows->kept()) {
        kernels_.gather_columns({rows, setup_.dense, row, fold.rows->kept(), fold.target, to, kPartRows, to_target});
        return;
    }
    fold.rows->gather(row, rows, {space.row.data(), setup_.dense, nullptr, nullptr, nullptr});
    for (int b = 0; b < rows; ++b) {
        for (int i = 0; i < setup_.dense; ++i) to[i * kPartRows + b] = space.row.data()[b * setup_.dense + i];
        to_target[b] = fold.target[row[b]];
    }
}

// Points at the neuron's fit rows from `first` on, if they lie at hand.
template <class Real>
bool Trainer<Real>::show_fit_rows(const Member<Real>& m, std::int64_t first, Workspace<Real>& space) {
    if (fit_columns_.empty()) return false;
    const Real* from = fit_columns_[m.fold].data();
    space.inputs = from + first;
    space.stride_inputs = kNeuronRows;
    space.targets = from + setup_.dense * kNeuronRows + first;
    return true;
}

template <class Real>
void Trainer<Real>::gather_embedded(const Member<Real>& m, int rows, Workspace<Real>& space) {
    const long stride = row_stride<Real>(setup_.inputs()), size = setup_.embedding;
    const Real* table = (m.team ? *m.team : m).weight.data();
    for (int b = 0; b < rows; ++b) {
        Real* to = space.x[0].data() + b * stride;
        for (std::size_t e = 0; e < setup_.embedded.size(); ++e) {
            const long slot = layout_.slot_start[e] + space.slots[b * setup_.embedded.size() + e];
            std::memcpy(to + e * size, table + slot * size, size * sizeof(Real));
        }
    }
}

// Rows from `counted` on are padding and weigh nothing.
template <class Real>
void Trainer<Real>::gather_weights(const std::uint32_t* row, int rows, std::int64_t counted, Workspace<Real>& space) {
    Real* weight = space.weight.data();
    for (int b = 0; b < rows; ++b) weight[b] = b < counted ? data_.weight[row[b]] : Real(0);
    if (layout_.stride_outputs != setup_.outputs) return;
    Real* spread = space.spread_weight.data();
    for (int b = 0; b < rows; ++b) std::fill_n(spread + b * setup_.outputs, setup_.outputs, weight[b]);
}

#define GLASSNET_MAKE(Real)                                                                                       \
    template void Trainer<Real>::make_neuron();                                                                   \
    template bool Trainer<Real>::show_fit_rows(const Member<Real>&, std::int64_t, Workspace<Real>&);              \
    template void Trainer<Real>::make_ahead(Member<Real>&);                                                       \
    template void Trainer<Real>::set_order(Member<Real>&, std::int64_t);                                          \
    template Batch Trainer<Real>::batch_of(Member<Real>&, std::int64_t);                                          \
    template void Trainer<Real>::gather(const Member<Real>&, const std::uint32_t*, int, Workspace<Real>&);        \
    template void Trainer<Real>::gather_embedded(const Member<Real>&, int, Workspace<Real>&);                     \
    template void Trainer<Real>::gather_weights(const std::uint32_t*, int, std::int64_t, Workspace<Real>&);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
