// Who works on what: members over the threads, or the rows of one member's batch.
#include "trainer.h"

#include <algorithm>
#include <cmath>

#include "tiny.h"

namespace glassnet {
namespace {

// How a batch is cut: parts of kPartRows, in at most kGroups groups with a gradient each. It depends on the number of
// rows alone, never on threads, and so do the bytes of the sums.
struct Cut {
    int rows, parts, groups;
    explicit Cut(std::int64_t count)
        : rows(static_cast<int>(count)), parts((rows + kPartRows - 1) / kPartRows), groups(std::min(parts, kGroups)) {}
    int first_part(int group) const { return static_cast<int>(static_cast<std::int64_t>(group) * parts / groups); }
    int part_rows(int part) const { return std::min(kPartRows, rows - part * kPartRows); }
};

constexpr double kLookup = 4;  // a number looked up costs about as much as so many dense inputs

// Multiplications of one step of one member.
double products(const Setup& setup) {
    double sum = 0, inputs = setup.inputs() + kLookup * static_cast<double>(setup.binned.size());
    for (const int width : setup.hidden) {
        sum += inputs * width;
        inputs = width;
    }
    return 3.0 * static_cast<double>(setup.batch) * (sum + inputs * setup.outputs);
}

// Whether the batch's numbers in bins, which spread rows keep until the end of a pass, take no more than half a GiB.
bool fits_binned(const Setup& setup) {
    if (setup.binned.empty()) return true;
    const double each = static_cast<double>(setup.hidden.front()) + 2.0 * static_cast<double>(setup.binned.size());
    return static_cast<double>(setup.batch) * each < 64e6;
}

constexpr double kSlice = 2.5e8;        // products between two looks for the member that lags: some 5 milliseconds

}  // namespace

template <class Real>
Trainer<Real>::Trainer(const Setup& setup, Data<Real> data)
    : setup_(setup),
      data_(std::move(data)),
      kernels_(choose_kernels<Real>(setup.set)),
      layout_(setup, kernels_.panel),
      pool_(std::max(1, setup.threads)) {
    for (int k = 0; k < setup.members; ++k) {
        Member<Real> m;
        m.number = k;
        m.fold = k % static_cast<int>(data_.folds.size());
        set_memory(m);
        m.block_squares.resize(layout_.blocks.size());
        members_.push_back(std::move(m));
    }
    make_teams();
    make_neuron();
    for (Member<Real>& m : members_) make_ahead(m);
    for (int worker = 0; worker < pool_.threads(); ++worker) spaces_.push_back(make_workspace());
    for (Workspace<Real>& space : spaces_) space.binned = part_of(space.own_binned, 0);
}

template <class Real>
void Trainer<Real>::set_memory(Member<Real>& m) const {
    const bool is_adam = setup_.optimizer != OptimizerName::sgd, has_moment = is_adam || setup_.momentum > 0;
    const bool has_average = setup_.average > 0;
    const long each = layout_.count + kLineReals<Real>, packed = padded<Real>(layout_.packed) + kLineReals<Real>;
    m.memory = Buffer<Real>((2 + has_moment + is_adam + has_average) * each + packed + layout_.knots);
    Real* at = m.memory.data();
    m.weight = at;
    m.gradient = at += each;
    if (has_moment) m.moment = at += each;
    if (is_adam) m.square = at += each;
    if (has_average) m.average = at += each;
    m.packed = at += each;
    m.knot_gradient = at + packed;
}

template <class Real>
BinnedRoom<Real> Trainer<Real>::make_binned(long parts) const {
    const long rows = parts * kPartRows, cells = rows * static_cast<long>(setup_.binned.size());
    if (cells == 0) return {};
    return {std::vector<std::int32_t>(cells), Buffer<Real>(cells),
            Buffer<Real>(rows * row_stride<Real>(setup_.hidden.front()))};
}

template <class Real>
Binned<Real> Trainer<Real>::part_of(BinnedRoom<Real>& room, int part) const {
    if (setup_.binned.empty()) return {};
    return room.part(part, static_cast<long>(setup_.binned.size()), row_stride<Real>(setup_.hidden.front()));
}

template <class Real>
Workspace<Real> Trainer<Real>::make_workspace() const {
    Workspace<Real> space;
    long widest = 0;
    for (const Layer& layer : layout_.layers) {
        const long stride = row_stride<Real>(layer.inputs);
        widest = std::max(widest, stride);
        space.x.emplace_back(kPartRows * (is_neuron_ ? record_width(setup_.dense) : stride));
        if (layout_.keeps_slope) space.slope.emplace_back(kPartRows * row_stride<Real>(layer.outputs));
    }
    for (Buffer<Real>& one : space.back) one = Buffer<Real>(kPartRows * widest);
    for (Buffer<Real>* one : {&space.z, &space.dz, &space.target})
        *one = Buffer<Real>(kPartRows * layout_.stride_outputs);
    space.weight = Buffer<Real>(kPartRows);
    space.spread_weight = Buffer<Real>(kPartRows * layout_.stride_outputs);
    space.slots.resize(kPartRows * setup_.embedded.size());
    if (is_neuron_) space.row = Buffer<Real>(kPartRows * static_cast<long>(setup_.dense));
    space.own_binned = make_binned(1);
    return space;
}

// All tasks one after another, with the workspace of one worker.
template <class Real>
Each Trainer<Real>::in_turn(int worker) {
    return [worker](int tasks, const Work& work) {
        for (int task = 0; task < tasks; ++task) work(task, worker);
    };
}

template <class Real>
Each Trainer<Real>::in_pool() {
    return [this](int tasks, const Work& work) { pool_.run(tasks, work); };
}

template <class Real>
double Trainer<Real>::step_products() const {
    return products(setup_);
}

// Whether the rows of one member's batch are spread over the threads.
template <class Real>
bool Trainer<Real>::spreads_rows() const {
    const bool is_large = products(setup_) >= kSpreadFrom && Cut(setup_.batch).groups > 1;
    return setup_.members < pool_.threads() && is_large && fits_binned(setup_);
}

// How many groups of rows a spread batch has, each with a gradient of its own.
template <class Real>
int Trainer<Real>::groups_of(const Batch& batch) {
    return Cut(batch.rows).groups;
}

template <class Real>
double Trainer<Real>::advance(const Call& call) {
    const TinyIsZero quick;
    for (Member<Real>& m : members_) m.recording_seconds = 0;
    const bool by_member = !spreads_rows();
    if (!by_member) {
        while (group_gradient_.size() + 1 < static_cast<std::size_t>(Cut(setup_.batch).groups))
            group_gradient_.emplace_back(layout_.plain);
        if (batch_binned_.knot.empty()) batch_binned_ = make_binned(Cut(setup_.batch).parts);
    }
    if (!teams_.empty()) {
        advance_teams(call);
    } else if (by_member) {
        advance_members(call);
    } else {
        for (Member<Real>& m : members_) run(m, call.first, call.first + call.count, call, in_pool(), -1);
    }
    double seconds = 0;
    for (const Member<Real>& m : members_) seconds += m.recording_seconds;
    return by_member ? seconds / std::min(pool_.threads(), setup_.members) : seconds;
}

template <class Real>
void Trainer<Real>::advance_members(const Call& call) {
    const std::int64_t first = call.first, count = call.count;
    const std::int64_t slice = std::max<std::int64_t>(1, static_cast<std::int64_t>(kSlice / products(setup_)));
    std::vector<std::int64_t> next(members_.size(), first);
    std::vector<bool> is_taken(members_.size(), false);
    std::mutex looking;
    // Takes the member that lags most; -1 where none is left to take.
    const auto take = [&]() {
        const std::lock_guard<std::mutex> hold(looking);
        int chosen = -1;
        for (std::size_t k = 0; k < next.size(); ++k)
            if (!is_taken[k] && next[k] < first + count && (chosen < 0 || next[k] < next[chosen])) chosen = k;
        if (chosen >= 0) is_taken[chosen] = true;
        return chosen;
    };
    pool_.run(std::min<int>(pool_.threads(), setup_.members), [&](int, int worker) {
        for (int k = take(); k >= 0; k = take()) {
            const std::int64_t to = std::min(next[k] + slice, first + count);
            run(members_[k], next[k], to, call, in_turn(worker), worker);
            const std::lock_guard<std::mutex> hold(looking);
            next[k] = to;
            is_taken[k] = false;
        }
    });
}

// `worker` is the thread whose workspace serves, or -1 where the rows are spread.
template <class Real>
void Trainer<Real>::run(Member<Real>& m, std::int64_t from, std::int64_t to, const Call& call, const Each& each,
                        int worker) {
    const std::int64_t members = setup_.members, per_epoch = setup_.steps_per_epoch, first = call.first;
    for (std::int64_t number = from; number < to; ++number) {
        const bool is_frozen = m.has_failed && !record_of(m, number, call);
        const double mean = is_frozen ? std::nan("") : step(m, number, call, each, worker);
        m.has_failed |= !std::isfinite(mean);
        call.loss_SK[(number - first) * members + m.number] = static_cast<float>(mean);
        if (!setup_.evaluates_rows || (number + 1) % per_epoch != 0) continue;
        double& loss = call.epoch_EK[(number / per_epoch - first / per_epoch) * members + m.number];
        loss = std::nan("");
        if (m.has_failed) continue;
        with_average(m, [&] { loss = mean_loss(m, each); });
    }
}

template <class Real>
double Trainer<Real>::step(Member<Real>& m, std::int64_t number, const Call& call, const Each& each, int worker) {
    Quantities* record = record_of(m, number, call);
    const Batch batch = batch_of(m, number);
    const bool is_spread = worker < 0;
    const double sum = is_spread ? spread_gradients(m, batch, each) : own_gradients(m, batch, spaces_[worker]);
    if (record) record_before(m);
    const double factor = update(m, rates_of(m, number), is_spread ? groups_of(batch) : 1, is_spread ? &each : nullptr);
    if (record) record_after(m, batch, factor, record, each);
    double finite = sum;
    for (const double one : m.block_squares) finite += one;
    if (!std::isfinite(finite) && m.not_finite_at < 0) m.not_finite_at = number;
    return sum * batch.scale;
}

template <class Real>
double Trainer<Real>::spread_gradients(Member<Real>& m, const Batch& batch, const Each& each) {
    const Cut cut(batch.rows);
    std::vector<double> loss(cut.groups, 0.0);
    each(cut.groups, [&](int group, int worker) {
        Real* gradient = group == 0 ? m.gradient.data() : group_gradient_[group - 1].data();
        Workspace<Real>& space = spaces_[worker];
        for (int part = cut.first_part(group); part < cut.first_part(group + 1); ++part) {
            space.binned = part_of(batch_binned_, part);
            loss[group] += pass(m, batch, part * kPartRows, cut.part_rows(part), gradient,
                                part > cut.first_part(group), space);
        }
        space.binned = part_of(space.own_binned, 0);
    });
    // Each number's table over all rows in their order, so that the sums are those of one thread.
    each(static_cast<int>(setup_.binned.size()), [&](int number, int) {
        for (int part = 0; part < cut.parts; ++part)
            scatter(m, cut.part_rows(part), number, number + 1, part_of(batch_binned_, part));
    });
    double sum = 0;
    for (const double one : loss) sum += one;
    return sum;
}

// The same sums in the same order on one thread. A group of one part adds its sums to the total itself.
template <class Real>
double Trainer<Real>::own_gradients(Member<Real>& m, const Batch& batch, Workspace<Real>& space) {
    const Cut cut(batch.rows);
    const bool adds_itself = cut.groups == cut.parts && setup_.embedded.empty();
    if (!adds_itself && cut.groups > 1 && !space.other_gradient) space.other_gradient = Buffer<Real>(layout_.count);
    double sum = 0;
    for (int group = 0; group < cut.groups; ++group) {
        const bool is_own = group == 0 || adds_itself;
        Real* gradient = is_own ? m.gradient.data() : space.other_gradient.data();
        double loss = 0;
        for (int part = cut.first_part(group); part < cut.first_part(group + 1); ++part) {
            const bool adds = part > cut.first_part(group) || (is_own && group > 0);
            loss += pass(m, batch, part * kPartRows, cut.part_rows(part), gradient, adds, space);
            scatter(m, cut.part_rows(part), 0, static_cast<int>(setup_.binned.size()), space.binned);
        }
        sum += loss;
        if (is_own) continue;
        for (const Block& b : layout_.blocks)
            if (b.number < 0) kernels_.add(b.rows, b.columns, b.stride, m.gradient.data() + b.place, gradient + b.place);
    }
    return sum;
}

template <class Real>
double Trainer<Real>::mean_loss(const Member<Real>& m, const Each& each) {
    const std::int64_t* fit = data_.folds[m.fold].fit;
    const std::int64_t count = data_.folds[m.fold].fit_rows;
    const int parts = static_cast<int>((count + kPartRows - 1) / kPartRows);
    std::vector<double> loss(parts), weight(parts);
    each(parts, [&](int part, int worker) {
        Workspace<Real>& space = spaces_[worker];
        const std::int64_t first = static_cast<std::int64_t>(part) * kPartRows;
        const int rows = static_cast<int>(std::min<std::int64_t>(kPartRows, count - first));
        space.held = -1;
        std::uint32_t row[kPartRows] = {};
        for (int b = 0; b < rows; ++b) row[b] = static_cast<std::uint32_t>(fit[first + b]);
        if (!show_fit_rows(m, first, space)) gather(m, row, rows, space);
        weight[part] = rows;
        if (setup_.is_weighted) {
            gather_weights(row, rows, rows, space);
            weight[part] = 0;
            for (int b = 0; b < rows; ++b) weight[part] += space.weight.data()[b];
        }
        forward(m, rows, space, nullptr, 0);
        loss[part] = losses(rows, 1.0, setup_.is_weighted, false, space);
    });
    double loss_sum = 0, weight_sum = 0;
    for (int part = 0; part < parts; ++part) {
        loss_sum += loss[part];
        weight_sum += weight[part];
    }
    return setup_.is_weighted ? loss_sum / std::max(weight_sum, 1e-30) : loss_sum / weight_sum;
}

template <class Real>
void Trainer<Real>::view_outputs(const View& view, const Each& each, double* output_nT) {
    Member<Real>& m = members_[view.member];
    const int parts = static_cast<int>((view.count + kPartRows - 1) / kPartRows), outputs = setup_.outputs;
    const long stride = layout_.stride_outputs;
    const Work work = [&](int part, int worker) {
        Workspace<Real>& space = spaces_[worker];
        const std::int64_t first = static_cast<std::int64_t>(part) * kPartRows;
        const int rows = static_cast<int>(std::min<std::int64_t>(kPartRows, view.count - first));
        space.held = -1;
        gather(m, view.rows + first, rows, space);
        forward(m, rows, space, nullptr, 0);
        if (setup_.is_sigmoid) kernels_.sigmoid(rows * stride, space.z.data());
        for (int b = 0; b < rows; ++b)
            std::copy_n(space.z.data() + b * stride, outputs, output_nT + (first + b) * outputs);
    };
    with_average(m, [&] { each(parts, work); });
}

template <class Real>
void Trainer<Real>::outputs(const std::vector<View>& views, double* output_ZT) {
    const TinyIsZero quick;
    std::vector<std::int64_t> start(1, 0);
    for (const View& one : views) start.push_back(start.back() + one.count * setup_.outputs);
    const int count = static_cast<int>(views.size());
    if (count >= pool_.threads()) {
        pool_.run(count, [&](int view, int worker) { view_outputs(views[view], in_turn(worker), output_ZT + start[view]); });
    } else {
        for (int view = 0; view < count; ++view) view_outputs(views[view], in_pool(), output_ZT + start[view]);
    }
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace glassnet
