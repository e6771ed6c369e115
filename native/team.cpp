// Teams: members that share all but the scales of their columns and their last layer. What is shared is kept and
// trained once. A member computes with the first layer's weights times its own scales, and looks at the rest where the
// team keeps it: hidden layers, embeddings, and the knots of numbers in bins, which it scales as it looks them up. Its
// gradients are taken by what the weights amount to for it and come back by the rule of the product. Its own copies of
// all are brought up to date where somebody looks at them: at recorded steps, for averages, and at a call's end.
// A member that shares nothing but scales its columns is a team of one, of which there may be several in a fold.
#include <algorithm>
#include <cmath>

#include "trainer.h"

namespace glassnet {
namespace {

template <class Real>
constexpr Real kOne(1);

// Sums `count` numbers in their order.
template <class Real>
double sum_of(const Real* values, long count) {
    double sum = 0;
    for (long i = 0; i < count; ++i) sum += values[i];
    return sum;
}

}  // namespace

template <class Real>
void Trainer<Real>::make_teams() {
    if (setup_.teams == 0) return;
    own_layer_ = layout_.record_layers - 1;
    first_layer_ = setup_.embedded.empty() ? 0 : 1;
    const long columns = std::max<long>(padded<Real>(setup_.inputs()), layout_.layers.front().stride_table);
    for (int number = 0; number < setup_.teams; ++number) {
        Team<Real> t;
        for (int k = number; k < setup_.members; k += setup_.teams) t.members.push_back(k);
        t.shared.fold = number % static_cast<int>(data_.folds.size());
        set_memory(t.shared);
        t.shared.block_squares.resize(layout_.blocks.size());
        const long members = static_cast<long>(t.members.size());
        t.stride = padded<Real>(setup_.groups);
        t.scales = Buffer<Real>(5 * members * t.stride);
        t.spread = Buffer<Real>(members * padded<Real>(setup_.inputs()));
        t.number_scale = Buffer<Real>(members * padded<Real>(static_cast<long>(setup_.binned.size())));
        t.product = Buffer<Real>(static_cast<long>(layout_.blocks.size()) * members * columns);
        t.product_stride = columns;
        teams_.push_back(std::move(t));
    }
    for (Team<Real>& t : teams_)
        for (std::size_t place = 0; place < t.members.size(); ++place) {
            Member<Real>& m = members_[t.members[place]];
            m.team = &t.shared;
            const long numbers = static_cast<long>(setup_.binned.size());
            if (numbers > 0) m.number_scale = t.number_scale.data() + static_cast<long>(place) * padded<Real>(numbers);
        }
}

// Starts every team with what its first member was set to, and each member with its scales, (K, G).
template <class Real>
void Trainer<Real>::start_teams(const Real* scale_KG) {
    for (Team<Real>& t : teams_) {
        const Member<Real>& first = members_[t.members.front()];
        std::copy_n(first.weight.data(), layout_.count, t.shared.weight.data());
        if (t.shared.average) std::copy_n(first.weight.data(), layout_.count, t.shared.average.data());
        for (std::size_t place = 0; place < t.members.size(); ++place) {
            const Real* from = scale_KG + static_cast<long>(t.members[place]) * setup_.groups;
            std::copy_n(from, setup_.groups, t.scale(0, place));
            std::copy_n(from, setup_.groups, t.scale(4, place));
        }
        spread_scales(t, 0);
        for (const Block& b : layout_.blocks) pack(t.shared, b);
        for (std::size_t place = 0; place < t.members.size(); ++place) spread_all(t, place);
        show_averages(t);
    }
}

template <class Real>
void Trainer<Real>::get_teams(bool is_averaged, Real* first_FOI, Real* scale_KG) {
    const Parameter& first = layout_.parameters[first_layer_];  // before it nothing but embeddings
    for (Team<Real>& t : teams_) {
        const Slice<Real>& shared = is_averaged ? t.shared.average : t.shared.weight;
        for (int row = 0; row < first.rows; ++row)
            for (int column = 0; column < first.columns; ++column)
                *first_FOI++ = shared.data()[layout_.place_of(setup_, first, row, column)];
        for (std::size_t place = 0; place < t.members.size(); ++place)
            std::copy_n(t.scale(is_averaged ? 4 : 0, place), setup_.groups,
                        scale_KG + static_cast<long>(t.members[place]) * setup_.groups);
    }
}

template <class Real>
bool Trainer<Real>::is_first(const Block& b) const {
    return b.record_layer == first_layer_ && b.is_matrix;
}

// The scales of a block's columns for one member: one for all, or one for each.
template <class Real>
const Real* Trainer<Real>::scale_of(Team<Real>& t, const Block& b, std::size_t place, int what, bool& is_one) const {
    is_one = !is_first(b) || b.number >= 0;
    if (!is_first(b)) return &kOne<Real>;
    if (b.number >= 0) return t.scale(what, place) + setup_.group_binned[b.number];
    return t.spread.data() + static_cast<long>(place) * padded<Real>(setup_.inputs());
}

template <class Real>
void Trainer<Real>::spread_scales(Team<Real>& t, int what) {
    for (std::size_t place = 0; place < t.members.size(); ++place) {
        Real* to = t.spread.data() + static_cast<long>(place) * padded<Real>(setup_.inputs());
        const Real* scale = t.scale(what, place);
        for (int i = 0; i < setup_.inputs(); ++i) to[i] = scale[setup_.group[i]];
        const std::size_t numbers = setup_.binned.size();
        Real* of_number = t.number_scale.data() + static_cast<long>(place) * padded<Real>(static_cast<long>(numbers));
        for (std::size_t n = 0; n < numbers; ++n) of_number[n] = scale[setup_.group_binned[n]];
    }
}

// Whether members look at a block where the team keeps it.
template <class Real>
bool Trainer<Real>::is_looked_up(const Block& b) const {
    return b.number >= 0 || (b.record_layer != first_layer_ && b.record_layer != own_layer_);
}

// Gives a member what a block of the shared weights amounts to for it.
template <class Real>
void Trainer<Real>::spread_block(Team<Real>& t, int block, std::size_t place) {
    const Block& b = layout_.blocks[block];
    Member<Real>& m = members_[t.members[place]];
    if (b.record_layer != own_layer_) {
        bool is_one = false;
        const Real* scale = scale_of(t, b, place, 0, is_one);
        kernels_.spread({b.rows, b.columns, b.stride, t.shared.weight.data() + b.place, m.weight.data() + b.place,
                         scale, is_one});
    }
    pack(m, b);
}

template <class Real>
void Trainer<Real>::spread_all(Team<Real>& t, std::size_t place) {
    for (std::size_t block = 0; block < layout_.blocks.size(); ++block) spread_block(t, static_cast<int>(block), place);
}

// The same of the averaged weights, where predictions and weights() look for them.
template <class Real>
void Trainer<Real>::show_averages(Team<Real>& t) {
    if (!t.shared.average) return;
    spread_scales(t, 4);
    for (std::size_t place = 0; place < t.members.size(); ++place) {
        Member<Real>& m = members_[t.members[place]];
        for (const Block& b : layout_.blocks) {
            if (b.record_layer == own_layer_) continue;
            bool is_one = false;
            const Real* scale = scale_of(t, b, place, 4, is_one);
            kernels_.spread({b.rows, b.columns, b.stride, t.shared.average.data() + b.place,
                             m.average.data() + b.place, scale, is_one});
        }
    }
    spread_scales(t, 0);
}

template <class Real>
void Trainer<Real>::advance_teams(const Call& call) {
    const bool is_small = step_products() * static_cast<double>(setup_.members / setup_.teams) < kSpreadFrom;
    const bool by_team = setup_.teams >= pool_.threads() || (is_small && setup_.teams > 1);
    if (by_team) {
        pool_.run(setup_.teams, [&](int team, int worker) { run_team(teams_[team], call, in_turn(worker)); });
    } else {
        for (Team<Real>& t : teams_) run_team(t, call, is_small ? in_turn(0) : in_pool());
    }
}

template <class Real>
void Trainer<Real>::run_team(Team<Real>& t, const Call& call, const Each& each) {
    const std::int64_t members = setup_.members, per_epoch = setup_.steps_per_epoch, first = call.first;
    std::vector<double> loss(t.members.size());
    for (std::int64_t number = first; number < first + call.count; ++number) {
        step_team(t, number, call, each, loss);
        for (std::size_t place = 0; place < t.members.size(); ++place)
            call.loss_SK[(number - first) * members + t.members[place]] = static_cast<float>(loss[place]);
        if (!setup_.evaluates_rows || (number + 1) % per_epoch != 0) continue;
        show_averages(t);
        for (const int k : t.members) {
            double& mean = call.epoch_EK[(number / per_epoch - first / per_epoch) * members + k];
            with_average(members_[k],
                         [&] { mean = mean_loss(members_[k], each); });
        }
    }
    for (std::size_t place = 0; place < t.members.size(); ++place) spread_all(t, place);
    show_averages(t);
}

template <class Real>
void Trainer<Real>::step_team(Team<Real>& t, std::int64_t number, const Call& call, const Each& each,
                              std::vector<double>& loss) {
    const int members = static_cast<int>(t.members.size()), blocks = static_cast<int>(layout_.blocks.size());
    const bool is_spread = members == 1 && spreads_rows();
    std::vector<Batch> batch(members);
    if (is_spread) {
        Member<Real>& m = members_[t.members.front()];
        batch[0] = batch_of(m, number);
        loss[0] = spread_gradients(m, batch[0], each) * batch[0].scale;
        each(blocks, [&](int block, int) { add_groups(m, block, groups_of(batch[0])); });
    }
    each(members, [&](int place, int worker) {
        Member<Real>& m = members_[t.members[place]];
        if (!is_spread) {
            batch[place] = batch_of(m, number);
            loss[place] = own_gradients(m, batch[place], spaces_[worker]) * batch[place].scale;
        }
        const bool is_recorded = record_of(m, number, call) != nullptr;
        if (is_recorded) {
            spread_all(t, place);
            record_before(m);
        }
        own_squares(t, place, is_recorded);
    });
    each(blocks, [&](int block, int) { share_block(t, block); });
    UpdateRates rates = rates_of(t.shared, number);
    const double factor = clip_team(t);
    rates.factor = factor / members;
    update_scales(t, rates);
    each(blocks, [&](int block, int) { update_team_block(t, block, rates); });
    ++t.shared.steps;
    for (int place = 0; place < members; ++place) {
        Member<Real>& m = members_[t.members[place]];
        ++m.steps;
        if (Quantities* record = record_of(m, number, call)) {
            spread_all(t, place);
            record_after(m, batch[place], factor, record, each);
        }
        double finite = loss[place];
        for (const double one : t.shared.block_squares) finite += one;
        if (!std::isfinite(finite) && m.not_finite_at < 0) m.not_finite_at = number;
    }
}

// Squares of a member's own gradients: those of its last layer, or for the records of all.
template <class Real>
void Trainer<Real>::own_squares(Team<Real>& t, std::size_t place, bool is_recorded) {
    Member<Real>& m = members_[t.members[place]];
    std::vector<Real> knots;
    if (is_recorded) knots.assign(m.knot_gradient.data(), m.knot_gradient.data() + layout_.knots);
    for (std::size_t block = 0; block < layout_.blocks.size(); ++block)
        if (is_recorded || layout_.blocks[block].record_layer == own_layer_) reduce_block(m, static_cast<int>(block), 1);
    if (is_recorded) std::copy(knots.begin(), knots.end(), m.knot_gradient.data());  // share_block wants them too
}

// Adds up the members' gradients of one block, each times its scale: of numbers in bins those by their knots.
template <class Real>
void Trainer<Real>::share_block(Team<Real>& t, int block) {
    const Block& b = layout_.blocks[block];
    double& squares = t.shared.block_squares[block];
    squares = 0;
    const bool has_knots = b.number >= 0;
    const long knots = has_knots ? knot_place(b) : 0, rows = b.rows + has_knots;
    for (std::size_t place = 0; place < t.members.size(); ++place) {
        Member<Real>& m = members_[t.members[place]];
        if (b.record_layer == own_layer_) {
            squares += m.block_squares[block];
            continue;
        }
        bool is_one = false;
        const Real* scale = scale_of(t, b, place, 0, is_one);
        Real* product = is_first(b) ? t.product_of(block, place) : nullptr;
        if (has_knots) {
            Real* part = m.knot_gradient.data() + knots;
            const Real* knot = t.shared.packed.data() + layout_.layers.front().knots + knots;
            kernels_.share({static_cast<int>(rows), b.columns, b.stride, knot, part,
                            t.shared.knot_gradient.data() + knots, scale, is_one, place > 0, product});
            std::fill_n(part, rows * b.stride, Real(0));
            continue;
        }
        kernels_.share({b.rows, b.columns, b.stride, t.shared.weight.data() + b.place, m.gradient.data() + b.place,
                        t.shared.gradient.data() + b.place, scale, is_one, place > 0, product});
    }
    if (has_knots)
        kernels_.sum_down({b.rows, b.columns, b.stride, t.shared.gradient.data() + b.place,
                           t.shared.knot_gradient.data() + knots});
    if (b.record_layer != own_layer_)
        squares = kernels_.square_sum(b.rows, b.columns, b.stride, t.shared.gradient.data() + b.place);
}

// Sums up the scales' gradients; returns the factor of clipping for the mean of the members' losses.
template <class Real>
double Trainer<Real>::clip_team(Team<Real>& t) {
    double squares = 0;
    for (const double one : t.shared.block_squares) squares += one;
    for (std::size_t place = 0; place < t.members.size(); ++place) {
        std::vector<double> sum(setup_.groups, 0.0);
        for (std::size_t block = 0; block < layout_.blocks.size(); ++block) {
            const Block& b = layout_.blocks[block];
            if (!is_first(b)) continue;
            const Real* product = t.product_of(static_cast<int>(block), place);
            if (b.number >= 0) {
                sum[setup_.group_binned[b.number]] += sum_of(product, b.columns);
            } else {
                for (int i = 0; i < b.columns; ++i) sum[setup_.group[i]] += product[i];
            }
        }
        Real* gradient = t.scale(1, place);
        for (int group = 0; group < setup_.groups; ++group) {
            gradient[group] = static_cast<Real>(sum[group]);
            squares += sum[group] * sum[group];
        }
    }
    if (setup_.clip <= 0) return 1.0;
    const double factor = setup_.clip / (std::sqrt(squares) / static_cast<double>(t.members.size()) + 1e-6);
    return factor > 1.0 ? 1.0 : factor;
}

template <class Real>
void Trainer<Real>::update_scales(Team<Real>& t, const UpdateRates& rates) {
    const UpdateRates own = of_part(rates, Part::scales);
    const Member<Real>& like = t.shared;
    kernels_.update({static_cast<int>(t.members.size()), setup_.groups, t.stride, t.scale(0, 0), t.scale(1, 0),
                     like.moment ? t.scale(2, 0) : nullptr, like.square ? t.scale(3, 0) : nullptr,
                     like.average ? t.scale(4, 0) : nullptr, &own});
    spread_scales(t, 0);
}

template <class Real>
void Trainer<Real>::update_team_block(Team<Real>& t, int block, const UpdateRates& rates) {
    const Block& b = layout_.blocks[block];
    if (b.record_layer == own_layer_) {
        for (const int k : t.members) update_block(members_[k], block, rates);
        return;
    }
    renew_block(t.shared, block, rates);
    if (is_looked_up(b)) return pack(t.shared, b);
    for (std::size_t place = 0; place < t.members.size(); ++place) spread_block(t, block, place);
}

#define GLASSNET_MAKE(Real)                                          \
    template void Trainer<Real>::make_teams();                       \
    template void Trainer<Real>::start_teams(const Real*);           \
    template void Trainer<Real>::get_teams(bool, Real*, Real*);      \
    template void Trainer<Real>::advance_teams(const Call&);
GLASSNET_MAKE(float)
GLASSNET_MAKE(double)

}  // namespace glassnet
