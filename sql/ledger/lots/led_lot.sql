-- One row is one lot: coins that came to one viewer at one instant, and the money that they carry.
-- grain: viewer_no, lot_no
-- A purchase is one lot: coins and bonus at gross - tax, with its store fee beside it. Coins that nobody paid for (promotions,
-- positive corrections, debt written off) are a lot at zero of channel 'promotion'. A fed opening balance is one lot for each of
-- its rows, of channel 'opening' where it names none; without coins it is no lot, whatever its amount. lot_no counts a
-- viewer's lots in the order in which they are spent: openings by channel and currency, then by effective time and key; upto is
-- the coins of all lots up to and with this one: laid end to end, the lot is the interval (upto - coins, upto] of its viewer's
-- axis. An opening came before the first period, a lot of an earlier month before this one. acquired_day is the day in the
-- configured zone on which the lot counts.
-- Tax and store fee are those of led_purchase_fee; own_tax is the part of the tax that we owe. The functional value is told at the rate of the purchase's day and stays (of an
-- opening: of the day on which carat began); without a rate nobody knows it, it is null, and control fx_rate blocks. Amounts are
-- whole millionths.
with sources as (
    select
        led_opening_balance.subject_id as viewer_id,
        led_opening_balance.entity,
        'opening/' || led_opening_balance.subject_id || '/' || coalesce(led_opening_balance.channel, '') || '/'
        || coalesce(led_opening_balance.currency, '') as lot_id,
        'opening' as origin,
        0 as source_rank,
        coalesce(led_opening_balance.channel, 'opening') as channel,
        led_opening_balance.currency,
        run.first_start as event_at,
        run.first_period as accounting_month,
        led_opening_balance.coins,
        cast(millionths(coalesce(led_opening_balance.amount, 0)) as bigint) as gross,
        cast(0 as bigint) as tax,
        cast(0 as bigint) as own_tax,
        cast(millionths(coalesce(led_opening_balance.deferred_fee, 0)) as bigint) as fee
    from led_opening_balance
    cross join run
    where led_opening_balance.subject_kind = 'viewer' and led_opening_balance.coins > 0
    union all
    select
        stg_coin_adjustments.viewer_id,
        stg_coin_adjustments.entity,
        stg_coin_adjustments.adjustment_id as lot_id,
        'promotion' as origin,
        1 as source_rank,
        'promotion' as channel,
        cast(null as varchar) as currency,
        stg_coin_adjustments.adjusted_at as event_at,
        stg_coin_adjustments.accounting_month,
        stg_coin_adjustments.coins,
        cast(0 as bigint) as gross,
        cast(0 as bigint) as tax,
        cast(0 as bigint) as own_tax,
        cast(0 as bigint) as fee
    from stg_coin_adjustments
    cross join run
    where stg_coin_adjustments.accounting_month <= run.period
        and stg_coin_adjustments.adjusted_at >= run.first_start
        and stg_coin_adjustments.coins > 0
    union all
    select
        purchases.viewer_id,
        purchases.entity,
        purchases.purchase_id as lot_id,
        'purchase' as origin,
        2 as source_rank,
        purchases.channel,
        purchases.currency,
        purchases.purchased_at as event_at,
        purchases.accounting_month,
        purchases.coins + purchases.bonus_coins as coins,
        small_millionths(purchases.gross_amount) as gross,
        small_millionths(purchases.tax_amount) as tax,
        small_millionths(purchases.own_tax_amount) as own_tax,
        small_millionths(purchases.booked_fee) as fee
    from led_purchase_fee as purchases
    cross join run
    where purchases.kind = 'purchase'
        and purchases.accounting_month <= run.period
        and purchases.purchased_at >= run.first_start
),

-- telling a day of an instant is dear: once for each quarter of an hour and each month, not for every lot
quarters as (
    select
        bought.quarter,
        local_day(bought.quarter, run.time_zone) as day
    from (select distinct quarter_hour(event_at) as quarter from sources) as bought
    cross join run
),

months as (
    select
        run_months.accounting_month,
        run_months.month_start,
        run_months.closing_instant,
        local_day(run_months.month_start, run.time_zone) as first_day,
        local_day(run_months.closing_instant, run.time_zone) as last_day
    from run_months
    cross join run
),

placed as (
    select
        led_viewer.viewer_no,
        sources.entity,
        sources.lot_id,
        sources.origin,
        sources.source_rank,
        sources.channel,
        coalesce(sources.currency, run_entities.functional_currency, run.reporting_currency) as currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        sources.event_at,
        sources.accounting_month,
        greatest(least(sources.event_at, months.closing_instant), months.month_start) as acquired_at,
        months.first_day,
        months.last_day,
        sources.coins,
        sources.gross,
        sources.tax,
        sources.own_tax,
        sources.fee
    from sources
    cross join run
    inner join led_viewer
        on led_viewer.viewer_id = sources.viewer_id
        and led_viewer.entity = sources.entity
    inner join months
        on months.accounting_month = sources.accounting_month
    left join run_entities
        on run_entities.entity = sources.entity
),

rated as (
    select
        placed.viewer_no,
        placed.entity,
        placed.lot_id,
        placed.origin,
        placed.source_rank,
        placed.channel,
        placed.currency,
        placed.functional_currency,
        placed.accounting_month,
        placed.acquired_at,
        greatest(least(quarters.day, placed.last_day), placed.first_day) as acquired_day,
        placed.coins,
        placed.gross,
        placed.tax,
        placed.own_tax,
        placed.fee,
        case
            when placed.currency = placed.functional_currency then cast(1 as decimal(18, 9))
            else led_fx_rate.rate
        end as fx_rate
    from placed
    inner join quarters
        on quarters.quarter = quarter_hour(placed.event_at)
    left join led_fx_rate
        on led_fx_rate.base = placed.currency
        and led_fx_rate.quote = placed.functional_currency
        and led_fx_rate.day = quarters.day
)

select
    viewer_no,
    cast(row_number() over (
        partition by viewer_no
        order by case when origin = 'opening' then 0 else 1 end, acquired_at, lot_id, source_rank
    ) as bigint) as lot_no,
    entity,
    lot_id,
    origin,
    channel,
    currency,
    functional_currency,
    fx_rate,
    accounting_month,
    origin = 'opening' or accounting_month < run.period as came_before,
    acquired_at,
    acquired_day,
    coins,
    cast(sum(coins) over (
        partition by viewer_no
        order by case when origin = 'opening' then 0 else 1 end, acquired_at, lot_id, source_rank
        rows between unbounded preceding and current row
    ) as bigint) as upto,
    gross,
    tax,
    own_tax,
    gross - tax as value,
    fee,
    at_rate(gross, fx_rate) as functional_gross,
    at_rate(tax, fx_rate) as functional_tax,
    at_rate(own_tax, fx_rate) as functional_own_tax,
    at_rate(gross, fx_rate) - at_rate(tax, fx_rate) as functional_value,
    at_rate(fee, fx_rate) as functional_fee
from rated
cross join run
