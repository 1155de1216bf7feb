-- One row is a gift whose diamonds are not its coins at the rate in force.
-- grain: event_id
-- control: gift_conversion
-- severity: block
-- unit: diamonds
-- guards: creators credited too much or too little; a rate applied before or after its time
-- question: Was every gift credited at the rate in force?
-- causes: a rate changed at another hour than agreed; the wrong tier or region; rounding each gift where the sum was meant
-- action: correct the credits by an adjustment with a reference, or correct the rate row if that one is wrong
-- checked: from stg_gift_events cross join run where accounting_month = run.period and kind = 'gift' and capture is null
-- Diamonds = coins x diamonds_per_coin of the winning rate row, rounded once by that row's rounding.
with suspects as (
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
        and coins in (select coins from led_conversion_break)
        and diamonds in (select diamonds from led_conversion_break)
),

judged as (
    select
        suspects.entity,
        suspects.event_id,
        suspects.creator_id,
        suspects.sent_at,
        suspects.coins,
        suspects.diamonds,
        suspects.batch_id,
        suspects.source_line,
        rates.rate_key,
        rates.diamonds_per_coin,
        rates.rounding,
        case
            when rates.rate_key is null then cast(0 as bigint)
            else round_whole(suspects.coins * rates.diamonds_per_coin, rates.rounding)
        end as expected_diamonds
    from suspects
    cross join run
    inner join led_creator_rate as rates
        on rates.creator_id = suspects.creator_id
        and least(suspects.sent_at, run.closing_instant) >= rates.range_from
        and least(suspects.sent_at, run.closing_instant) < rates.range_to
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
            then 'No conversion rate is in force for creator ' || creator_id || ' on ' || iso_instant(sent_at) || '; '
                || plain(diamonds) || ' diamonds were credited.'
        else plain(coins) || ' coins x ' || plain(diamonds_per_coin) || ' (rate ' || rate_key || ', ' || rounding || ') is '
            || plain(expected_diamonds) || ' diamonds; ' || plain(diamonds) || ' were credited.'
    end as detail,
    batch_id,
    source_line
from judged
where rate_key is null or diamonds <> expected_diamonds
order by event_id
