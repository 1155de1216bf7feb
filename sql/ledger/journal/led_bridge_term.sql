-- One row is one term of the revenue bridge for one channel and purchase currency, before the platform's cut.
-- grain: entity, channel, currency, line
-- Values of coins come from the days of the liability in functional currency, each lot at its purchase's rate. The creators' and
-- agencies' shares are told at the rate of the gift's day. Shares of coins that nobody paid for are marketing. Terms are positive as
-- they are named. Adjustments, clawbacks, revaluation and rounding of the creators' and agencies' payable, and what is deferred or lost of creators' debts, belong
-- to no channel ('creators') and
-- stand below the bridge in the creators' currency, and so do fees that settlements took beyond those booked, breakage taken ahead and the
-- reserve for refunds of spent coins. Every term is told
-- at the rate of its event's day, as the journal tells it (led_bridge_account says where); it is null where that rate is missing.
with shares as (
    select
        led_lot_class.entity,
        led_lot_class.channel,
        led_lot_class.currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        led_gift_share.creator_amount,
        led_gift_share.agency_amount,
        case
            when led_gift_share.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(1 as decimal(18, 9))
            else led_fx_rate.rate
        end as fx_rate
    from led_gift_share
    cross join run
    inner join led_lot_class
        on led_lot_class.class_no = led_gift_share.class_no
    left join run_entities
        on run_entities.entity = led_lot_class.entity
    left join led_fx_rate
        on led_fx_rate.base = led_gift_share.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = led_gift_share.day
),

share_totals as (
    select
        entity,
        channel,
        currency,
        functional_currency,
        cast(round(known_sum(amount_at_rate(creator_amount, fx_rate)), 6) as decimal(38, 6)) as creator_share,
        cast(round(known_sum(amount_at_rate(agency_amount, fx_rate)), 6) as decimal(38, 6)) as agency_share
    from shares
    group by entity, channel, currency, functional_currency
),

days as (
    select
        entity,
        channel,
        currency,
        functional_currency,
        case event_class
            when 'debt_consumed' then 'consumed'
            when 'refund_debt' then 'refunded'
            else event_class
        end as event_class,
        gross,
        tax,
        value,
        fee,
        functional_gross,
        functional_tax,
        functional_value,
        functional_fee
    from led_liability_day
    where event_class <> 'promotion'
),

terms as (
    select entity, channel, currency, functional_currency, 'sold_gross' as line, gross as amount, functional_gross as functional_amount
    from days
    where event_class = 'sold'
    union all
    select entity, channel, currency, functional_currency, 'sold_tax', tax, functional_tax
    from days
    where event_class = 'sold'
    union all
    select entity, channel, currency, functional_currency, 'sold_store_fee', fee, functional_fee
    from days
    where event_class = 'sold'
    union all
    select entity, channel, currency, functional_currency, event_class, value, functional_value
    from days
    where event_class in ('consumed', 'restored', 'refunded', 'breakage')
    union all
    select
        entity, channel, currency, functional_currency, 'store_fee',
        case event_class when 'restored' then -fee else fee end,
        case event_class when 'restored' then -functional_fee else functional_fee end
    from days
    where event_class in ('consumed', 'restored')
    union all
    select
        entity, channel, currency, functional_currency, 'contra_revenue',
        case event_class when 'refund_money' then value else -value end,
        case event_class when 'refund_money' then functional_value else -functional_value end
    from days
    where event_class in ('refunded', 'refund_money')
    union all
    select
        entity, channel, currency, functional_currency, 'contra_store_fee',
        case event_class when 'refund_money' then fee else -fee end,
        case event_class when 'refund_money' then functional_fee else -functional_fee end
    from days
    where event_class in ('refunded', 'refund_money')
    union all
    select entity, channel, currency, functional_currency, 'breakage_store_fee', fee, functional_fee
    from days
    where event_class = 'breakage'
    union all
    select
        entity, channel, currency, functional_currency, 'liability_change', closing - opening, functional_closing - functional_opening
    from led_liability_rollforward
    where identity = 'liability'
    union all
    select
        entity, channel, currency, currency, case identity when 'breakage_ahead' then 'breakage_ahead' else 'refund_reserve' end, moved, moved
    from led_liability_ahead
    where moved <> 0 or moved is null
    union all
    select entity, channel, currency, functional_currency, 'creator_share', cast(null as decimal(38, 6)), creator_share
    from share_totals
    union all
    select entity, channel, currency, functional_currency, 'agency_share', cast(null as decimal(38, 6)), agency_share
    from share_totals
    union all
    select entity, channel, currency, functional_currency, 'marketing', cast(null as decimal(38, 6)), creator_share + agency_share
    from share_totals
    where channel = 'promotion'
),

-- what the payable moved by besides gifts, grouped as the journal converts it, so that both come to the same
payable as (
    select
        entity,
        currency,
        day,
        rate_day,
        event_class,
        role,
        case
            when role = 'rounding' then 'payout_rounding'
            when event_class = 'agency_clawback' then 'agency_clawbacks'
            when event_class = 'agency_adjustment' then 'agency_adjustments'
            when event_class = 'clawback' then 'clawbacks'
            when event_class = 'rate_change' then 'revaluation'
            else 'adjustments'
        end as line,
        cast(sum(case when role = 'rounding' or event_class not in ('clawback', 'agency_clawback') then amount else -amount end) as decimal(38, 9)) as amount
    from (
        select entity, currency, day, rate_day, event_class, role, amount
        from led_posting_creator
        union all
        select entity, currency, day, rate_day, event_class, role, amount
        from led_posting_agency
    ) as postings
    where role in ('rounding', 'creator_adjustments')
        or (role = 'creator_share' and event_class in ('clawback', 'rate_change'))
        or (role = 'agency_share' and event_class in ('agency_clawback', 'agency_adjustment'))
    group by entity, currency, day, rate_day, event_class, role
    union all
    select
        entity,
        currency,
        day,
        rate_day,
        event_class,
        role,
        case role when 'debt_allowance' then 'debt_allowance' else 'deferred_debt_gain' end as line,
        cast(sum(amount) as decimal(38, 9)) as amount
    from led_posting_debt
    where role in ('creator_share', 'debt_allowance')
    group by entity, currency, day, rate_day, event_class, role
),

payable_rated as (
    select
        payable.entity,
        payable.currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        payable.line,
        payable.amount,
        amount_at_rate(
            payable.amount,
            case
                when payable.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(1 as decimal(18, 9))
                else led_fx_rate.rate
            end
        ) as functional_amount
    from payable
    cross join run
    left join run_entities
        on run_entities.entity = payable.entity
    left join led_fx_rate
        on led_fx_rate.base = payable.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = payable.rate_day
),

-- fees that settlements took beyond those booked; where they settle in another currency, the booked one for the stated one; and what
-- their lines without an order cost
fee_differences as (
    select entity, channel, currency, day as rate_day, 'settled_store_fee' as line, fee_difference
    from led_match_day
    where match = 'purchase_settlement' and fee_difference <> 0
    union all
    select entity, channel, currency, rate_day, 'settled_store_fee', -booked_fee
    from led_item_conversion
    where booked_fee <> 0
    union all
    select entity, channel, settled_currency, rate_day, 'settled_store_fee', settled_fee
    from led_item_conversion
    where settled_fee <> 0
    union all
    select entity, channel, currency, day, role, amount
    from led_settled_part
    where role in ('provider_fees', 'dispute_fees', 'settlement_adjustments')
    union all
    select entity, 'creators', currency, local_day(taken_at, run.time_zone), 'payment_fees', -fee_amount
    from led_payment_fee
    cross join run
    where is_now
    union all
    select entity, 'creators', currency, local_day(taken_at, run.time_zone), 'payment_fees', amount
    from led_bank_booking
    cross join run
    where is_now and first_role = 'payment_fees'
    union all
    select entity, 'creators', currency, local_day(found_at, run.time_zone), 'payment_fees', -amount
    from led_bank_booking
    cross join run
    where not is_now and first_role = 'payment_fees' and stage = 'clearing' and found_at >= run.period_start
),

settled as (
    select
        fee_differences.entity,
        fee_differences.channel,
        fee_differences.currency,
        fee_differences.line,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        cast(-fee_differences.fee_difference as decimal(38, 9)) as amount,
        amount_at_rate(
            -fee_differences.fee_difference,
            case
                when fee_differences.currency = coalesce(run_entities.functional_currency, run.reporting_currency)
                    then cast(1 as decimal(18, 9))
                else led_fx_rate.rate
            end
        ) as functional_amount
    from fee_differences
    cross join run
    left join run_entities
        on run_entities.entity = fee_differences.entity
    left join led_fx_rate
        on led_fx_rate.base = fee_differences.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = fee_differences.rate_day
)

select
    entity,
    channel,
    currency,
    functional_currency,
    line,
    cast(sum(amount) as decimal(38, 6)) as amount,
    cast(known_sum(functional_amount) as decimal(38, 6)) as functional_amount
from terms
group by entity, channel, currency, functional_currency, line
union all
select
    entity,
    'creators' as channel,
    currency,
    functional_currency,
    line,
    cast(round(sum(amount), 6) as decimal(38, 6)) as amount,
    cast(round(known_sum(functional_amount), 6) as decimal(38, 6)) as functional_amount
from payable_rated
group by entity, currency, functional_currency, line
having sum(amount) <> 0 or known_sum(functional_amount) is distinct from 0
union all
select
    entity,
    channel,
    currency,
    functional_currency,
    line,
    cast(round(sum(amount), 6) as decimal(38, 6)) as amount,
    cast(round(known_sum(functional_amount), 6) as decimal(38, 6)) as functional_amount
from settled
group by entity, channel, currency, functional_currency, line
