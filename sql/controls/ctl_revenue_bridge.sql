-- One row is a term of the revenue bridge that is not what its roll-forward says.
-- grain: entity, subject_id
-- control: revenue_bridge
-- severity: block
-- unit: currency
-- reasons: sold, refunded, breakage, consumed, restored, store_fee, marketing, gross_to_consumed, platform_cut, creator_share
-- guards: revenue that the liability never released; a creators' share in the bridge that nobody is owed
-- question: Does the way from money paid to the platform's cut add up, and is every step of it in the books?
-- causes: a gift that no lot or creator takes up; a sum changed in one place and not in the other; rows that were altered behind carat's back
-- action: compare the named line of the bridge with the roll-forward of the same name; re-perform the run, and report it if it stays
-- checked: from mart_revenue_bridge
-- not_compared_reason: no revenue arose in the month
-- consumed - restored + marketing = store fee + creator share + agency share + platform cut, and
-- sold - tax - refunded - breakage - change of the liability = consumed - restored, per entity, channel and currency in functional
-- currency. The platform's cut is the residual, so every other term is compared with its roll-forward: the coins' with the liability's,
-- the store fee with the deferred fee's, the creators' share with what their payable accrued less what was reversed. A line that
-- no exchange rate tells is compared with nothing: fx_rate blocks.
with bridge as (
    select
        entity,
        channel,
        currency,
        functional_currency,
        cast(known_sum(case when line = 'sold_gross' then functional_amount when line = 'sold_tax' then -functional_amount else 0 end) as decimal(38, 6)) as sold,
        cast(known_sum(case when line = 'refunded' then functional_amount else 0 end) as decimal(38, 6)) as refunded,
        cast(known_sum(case when line = 'breakage' then functional_amount else 0 end) as decimal(38, 6)) as breakage,
        cast(known_sum(case when line = 'liability_change' then functional_amount else 0 end) as decimal(38, 6)) as liability_change,
        cast(known_sum(case when line = 'consumed' then functional_amount else 0 end) as decimal(38, 6)) as consumed,
        cast(known_sum(case when line = 'restored' then functional_amount else 0 end) as decimal(38, 6)) as restored,
        cast(known_sum(case when line = 'marketing' then functional_amount else 0 end) as decimal(38, 6)) as marketing,
        cast(known_sum(case when line = 'store_fee' then functional_amount else 0 end) as decimal(38, 6)) as store_fee,
        cast(known_sum(case when line in ('creator_share', 'agency_share', 'platform_cut') then functional_amount else 0 end) as decimal(38, 6)) as shared,
        cast(known_sum(case when channel = 'promotion' and line in ('creator_share', 'agency_share') then functional_amount else 0 end) as decimal(38, 6)) as promoted
    from mart_revenue_bridge
    where channel <> 'creators'
    group by entity, channel, currency, functional_currency
),

compared as (
    select
        bridge.entity,
        bridge.channel,
        bridge.currency,
        bridge.functional_currency,
        bridge.sold,
        bridge.refunded,
        bridge.breakage,
        bridge.liability_change,
        bridge.consumed,
        bridge.restored,
        bridge.marketing,
        bridge.store_fee,
        bridge.shared,
        bridge.promoted,
        case when liability.entity is null then 0 else liability.functional_sold end as rolled_sold,
        case when liability.entity is null then 0 else liability.functional_refunded end as rolled_refunded,
        case when liability.entity is null then 0 else liability.functional_breakage end as rolled_breakage,
        case when liability.entity is null then 0 else liability.functional_consumed end as rolled_consumed,
        case when liability.entity is null then 0 else liability.functional_restored end as rolled_restored,
        case when fees.entity is null then 0 else fees.functional_consumed - fees.functional_restored end as rolled_store_fee
    from bridge
    left join led_liability_rollforward as liability
        on liability.identity = 'liability'
        and liability.entity = bridge.entity
        and liability.channel = bridge.channel
        and liability.currency = bridge.currency
    left join led_liability_rollforward as fees
        on fees.identity = 'store_fee'
        and fees.entity = bridge.entity
        and fees.channel = bridge.channel
        and fees.currency = bridge.currency
),

judged as (
    select entity, channel || '/' || currency as part, 'sold' as line, functional_currency as unit, rolled_sold as expected, sold as actual
    from compared
    union all
    select entity, channel || '/' || currency, 'refunded', functional_currency, rolled_refunded, refunded
    from compared
    union all
    select entity, channel || '/' || currency, 'breakage', functional_currency, rolled_breakage, breakage
    from compared
    union all
    select entity, channel || '/' || currency, 'consumed', functional_currency, rolled_consumed, consumed
    from compared
    union all
    select entity, channel || '/' || currency, 'restored', functional_currency, rolled_restored, restored
    from compared
    union all
    select entity, channel || '/' || currency, 'store_fee', functional_currency, rolled_store_fee, store_fee
    from compared
    union all
    select entity, channel || '/' || currency, 'marketing', functional_currency, promoted, marketing
    from compared
    union all
    select
        entity, channel || '/' || currency, 'gross_to_consumed', functional_currency,
        sold - refunded - breakage - liability_change, consumed - restored
    from compared
    union all
    select entity, channel || '/' || currency, 'platform_cut', functional_currency, consumed - restored + marketing, store_fee + shared
    from compared
),

bridge_shares as (
    select
        led_lot_class.entity,
        led_gift_share.currency,
        cast(sum(led_gift_share.creator_amount) as decimal(38, 9)) as amount
    from led_gift_share
    inner join led_lot_class
        on led_lot_class.class_no = led_gift_share.class_no
    group by led_lot_class.entity, led_gift_share.currency
),

payable_shares as (
    select
        entity,
        currency,
        cast(sum(accrued_amount + reversed_amount) as decimal(38, 9)) as amount
    from led_creator_rollforward
    group by entity, currency
),

breaks as (
    select entity, part || '/' || line as subject_id, cast(expected as decimal(38, 9)) as expected, cast(actual as decimal(38, 9)) as actual, unit, line
    from judged
    where expected <> actual
    union all
    select
        coalesce(bridge_shares.entity, payable_shares.entity) as entity,
        'creators/' || coalesce(bridge_shares.currency, payable_shares.currency) || '/creator_share' as subject_id,
        coalesce(payable_shares.amount, 0) as expected,
        coalesce(bridge_shares.amount, 0) as actual,
        coalesce(bridge_shares.currency, payable_shares.currency) as unit,
        'creator_share' as line
    from bridge_shares
    full outer join payable_shares
        on payable_shares.entity = bridge_shares.entity
        and payable_shares.currency = bridge_shares.currency
    where coalesce(payable_shares.amount, 0) <> coalesce(bridge_shares.amount, 0)
)

select
    entity,
    'account' as subject_kind,
    subject_id,
    expected,
    actual,
    actual - expected as difference,
    unit,
    line as reason,
    case line
        when 'gross_to_consumed' then 'Coins sold, less tax, refunds, breakage and the rise of the liability, come to ' || with_unit(expected, unit) || '; coins consumed, less restored, to ' || with_unit(actual, unit) || '.'
        when 'platform_cut' then 'Coins consumed, less restored, and marketing come to ' || with_unit(expected, unit)
            || '; store fee, creators'', agencies'' and the platform''s part to ' || with_unit(actual, unit) || '.'
        when 'marketing' then 'The shares of promotional coins come to ' || with_unit(expected, unit) || '; the bridge has '
            || with_unit(actual, unit) || ' of marketing.'
        else 'The bridge has ' || with_unit(actual, unit) || ' for ' || subject_id || ', its roll-forward ' || plain(expected) || ' '
            || unit || '.'
    end as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from breaks
order by entity, subject_id
