-- One row is a gift whose diamonds are not its coins at the rate in force.
-- grain: event_id
-- control: gift_conversion
-- severity: block
-- unit: diamonds
-- guards: creators credited too much or too little; a rate applied before or after its time
-- checked: from stg_gift_events cross join run where accounting_month = run.period and kind = 'gift' and capture is null
-- Diamonds = coins x diamonds_per_coin of the winning rate row, rounded once by that row's rounding.
select
    gifts.entity,
    'gift' as subject_kind,
    gifts.event_id as subject_id,
    cast(coalesce(round_whole(gifts.coins * rates.diamonds_per_coin, rates.rounding), 0) as decimal(38, 9)) as expected,
    cast(gifts.diamonds as decimal(38, 9)) as actual,
    cast(
        gifts.diamonds - coalesce(round_whole(gifts.coins * rates.diamonds_per_coin, rates.rounding), 0) as decimal(38, 9)
    ) as difference,
    'diamonds' as unit,
    case when rates.rate_key is null then 'no_rate' else 'rate' end as reason,
    case
        when rates.rate_key is null
            then 'No conversion rate is in force for creator ' || gifts.creator_id || ' on ' || iso_instant(gifts.sent_at)
                || '; ' || plain(gifts.diamonds) || ' diamonds were credited.'
        else plain(gifts.coins) || ' coins x ' || plain(rates.diamonds_per_coin) || ' (rate ' || rates.rate_key || ', '
            || rates.rounding || ') is ' || plain(round_whole(gifts.coins * rates.diamonds_per_coin, rates.rounding))
            || ' diamonds; ' || plain(gifts.diamonds) || ' were credited.'
    end as detail,
    gifts.batch_id,
    gifts.source_line
from stg_gift_events as gifts
cross join run
inner join led_creator_rate as rates
    on rates.creator_id = gifts.creator_id
    and gifts.sent_at >= rates.range_from
    and gifts.sent_at < rates.range_to
where gifts.accounting_month = run.period
    and gifts.sent_at >= run.first_start
    and gifts.kind = 'gift'
    and gifts.capture is null
    and (
        rates.rate_key is null
        or gifts.diamonds <> round_whole(gifts.coins * rates.diamonds_per_coin, rates.rounding)
    )
order by gifts.event_id
