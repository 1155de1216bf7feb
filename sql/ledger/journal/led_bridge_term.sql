-- One row is one term of the revenue bridge for one channel and purchase currency, before the platform's cut.
-- grain: entity, channel, currency, line
-- Values of coins come from the days of the liability in functional currency, each lot at its purchase's rate. The creators' and
-- agencies' shares are told at the rate of the gift's day. Shares of coins that nobody paid for are marketing. Terms are positive as
-- they are named. Adjustments, revaluation and rounding of the creators' payable belong to no channel ('creators'), stand below
-- the bridge in the creators' currency, and are told at the rate of the period's last day; a term is null where a rate is missing.
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

payable as (
    select entity, currency, 'adjustments' as line, adjusted_amount as amount
    from led_creator_rollforward
    union all
    select entity, currency, 'revaluation', revaluation_amount
    from led_creator_rollforward
    union all
    select entity, currency, 'payout_rounding', -rounding_amount
    from led_creator_rollforward
),

payable_totals as (
    select entity, currency, line, cast(round(sum(amount), 6) as decimal(38, 6)) as amount
    from payable
    group by entity, currency, line
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
    payable_totals.entity,
    'creators' as channel,
    payable_totals.currency,
    coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
    payable_totals.line,
    payable_totals.amount,
    case
        when payable_totals.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then payable_totals.amount
        else cast(round(payable_totals.amount * led_fx_rate.rate, 6) as decimal(38, 6))
    end as functional_amount
from payable_totals
cross join run
left join run_entities
    on run_entities.entity = payable_totals.entity
left join led_fx_rate
    on led_fx_rate.base = payable_totals.currency
    and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
    and led_fx_rate.day = local_day(run.closing_instant, run.time_zone)
where payable_totals.amount <> 0
