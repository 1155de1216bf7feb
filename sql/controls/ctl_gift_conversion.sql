-- One row is a gift whose diamonds are not its coins at the rate in force, or a creator who was sent gifts without having terms.
-- grain: subject_kind, subject_id, entity
-- control: gift_conversion
-- severity: block
-- unit: diamonds
-- reasons: no_rate, rate, no_terms
-- guards: creators credited too much or too little; a rate applied before or after its time
-- question: Was every gift credited at the rate in force, to a creator whose terms are known?
-- causes: a rate changed at another hour than agreed; the wrong tier or region; rounding each gift where the sum was meant; a creator who is missing in the creators feed, or whose terms begin too late
-- action: correct the credits by an adjustment with a reference, or correct the rate row if that one is wrong; deliver the creator's terms
-- checked: from (
--         select event_id
--         from stg_gift_events
--         cross join run
--         where accounting_month = run.period
--             and kind = 'gift'
--             and capture is null
--             and not exists (select 1 from led_empty_feed where feed = 'conversion_rates')
--         union all
--         select subject_id
--         from ctl_gift_conversion
--         where subject_kind = 'creator'
--     ) as judged
-- not_compared: from stg_gift_events
--     cross join run
--     where accounting_month = run.period
--         and kind = 'gift'
--         and capture is null
--         and exists (select 1 from led_empty_feed where feed = 'conversion_rates')
-- not_compared_reason: no conversion rate was ever fed
-- Diamonds = coins x diamonds_per_coin of the winning rate row, rounded once by that row's rounding. A creator without terms at a
-- gift's time is credited by the default rate, and nobody knows whether that is theirs: one exception (no_terms), with the
-- diamonds in question. Without any creators feed nobody is judged so.
with gifts as (
    select
        entity,
        event_id,
        creator_id,
        sent_at,
        coins,
        diamonds,
        batch_id,
        source_line
    from stg_gift_events
    cross join run
    where accounting_month = run.period
        and sent_at >= run.first_start
        and kind = 'gift'
        and capture is null
        -- for speed: gifts that nothing below could name are left out before their rates are looked for
        and coins in (select coins from led_conversion_suspect)
        and diamonds in (select diamonds from led_conversion_suspect)
),

-- the rule: diamonds = coins x the rate in force, by the rate's rounding
converted as (
    select
        gifts.entity,
        gifts.event_id,
        gifts.creator_id,
        gifts.sent_at,
        gifts.coins,
        gifts.diamonds,
        gifts.batch_id,
        gifts.source_line,
        rates.rate_key,
        rates.diamonds_per_coin,
        rates.rounding,
        case
            when rates.rate_key is null then cast(0 as bigint)
            else round_whole(gifts.coins * rates.diamonds_per_coin, rates.rounding)
        end as expected_diamonds
    from gifts
    cross join run
    inner join led_creator_rate as rates
        on rates.creator_id = gifts.creator_id
        and least(gifts.sent_at, run.closing_instant) >= rates.range_from
        and least(gifts.sent_at, run.closing_instant) < rates.range_to
),

strangers as (
    select
        led_gift_credit.entity,
        led_creator_span.creator_id,
        cast(sum(led_gift_credit.diamonds) as bigint) as diamonds,
        cast(sum(led_gift_credit.coins) as bigint) as coins
    from led_gift_credit
    inner join led_creator_span
        on led_creator_span.span_no = led_gift_credit.span_no
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
    where led_gift_credit.kind = 'gift'
        and led_rate_at.country is null
        and exists (select 1 from stg_creators)
    group by led_gift_credit.entity, led_creator_span.creator_id
)

select
    entity,
    'gift' as subject_kind,
    event_id as subject_id,
    cast(expected_diamonds as decimal(38, 9)) as expected,
    cast(diamonds as decimal(38, 9)) as actual,
    cast(diamonds - expected_diamonds as decimal(38, 9)) as difference,
    'diamonds' as unit,
    case when rate_key is null then 'no_rate' else 'rate' end as reason,
    case
        when rate_key is null
            then 'No conversion rate was in force for creator ' || creator_id || ' on ' || iso_instant(sent_at) || '; '
                || counted(diamonds, 'diamond') || ' ' || were(diamonds) || ' credited.'
        else counted(coins, 'coin') || ' x ' || plain(diamonds_per_coin) || ' (rate ' || rate_key || ', ' || rounding || ') is '
            || counted(expected_diamonds, 'diamond') || '; ' || plain(diamonds) || ' ' || were(diamonds) || ' credited.'
    end as detail,
    batch_id,
    source_line
from converted
where (rate_key is null or diamonds <> expected_diamonds) and not exists (select 1 from led_empty_feed where feed = 'conversion_rates')
union all
select
    entity,
    'creator' as subject_kind,
    creator_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(diamonds as decimal(38, 9)) as actual,
    cast(diamonds as decimal(38, 9)) as difference,
    'diamonds' as unit,
    'no_terms' as reason,
    'No terms of creator ' || creator_id || ' were in force when gifts of ' || counted(coins, 'coin') || ' were sent; ' || counted(diamonds, 'diamond')
        || ' ' || were(diamonds) || ' credited by a rate that may not be theirs.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from strangers
order by subject_kind, subject_id, entity
