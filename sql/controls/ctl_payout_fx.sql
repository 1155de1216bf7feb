-- One row is a payout whose own exchange rate is further off the published one than is allowed.
-- grain: payout_id
-- control: payout_fx
-- severity: review
-- unit: currency
-- reasons: rate
-- guards: a margin on exchange that nobody agreed to; a rate typed in wrong, or of another day or pair
-- question: Was each payout changed at about the published rate of its day?
-- causes: a provider's margin; a rate that was fixed days before; a rate of another pair, or upside down
-- action: ask the provider for its rate of the day; if its margin is agreed, set payout_fx_tolerance to what it may be
-- checked: from led_payout_fx where published_rate is not null
-- not_compared: from led_payout_fx where published_rate is null
-- not_compared_reason: select case when not exists (
--         select 1
--         from led_payout_fx
--     ) then 'no payout of the month is in another currency' else 'no exchange rate of the day is published for a payout' end
-- The distance of both rates, as a part of the published one, is at most payout_fx_tolerance. Expected and actual are the net amount at
-- either rate, in the currency that is paid out. Whether the payout keeps to its own rate is payout_arithmetic's.
select
    payouts.entity,
    'payout' as subject_kind,
    payouts.payout_id as subject_id,
    cast(payouts.published_amount as decimal(38, 9)) as expected,
    cast(payouts.own_amount as decimal(38, 9)) as actual,
    cast(payouts.own_amount - payouts.published_amount as decimal(38, 9)) as difference,
    payouts.payout_currency as unit,
    'rate' as reason,
    '1 ' || payouts.currency || ' is paid out as ' || plain(payouts.fx_rate) || ' ' || payouts.payout_currency || '; the rate of ' || iso_day(payouts.day)
        || ' is ' || plain(payouts.published_rate) || ': ' || plain(round(payouts.relative * 100, 2)) || ' % apart, ' || plain(run.payout_fx_tolerance * 100)
        || ' % are allowed.' as detail,
    payouts.batch_id,
    payouts.source_line
from led_payout_fx as payouts
cross join run
where payouts.relative > run.payout_fx_tolerance
order by payouts.payout_id
