-- One row is a published exchange rate of the subject's currency, on or before its day.
-- grain: rate_date, base, quote
-- subject: rate
-- heading: The exchange rates published up to that day, the last first
-- order: rate_date desc, base, quote
-- Either direction serves, and so does one leg of a cross by a common base. What came after the day was not known on it.
select
    stg_fx_rates.rate_date,
    stg_fx_rates.base,
    stg_fx_rates.quote,
    stg_fx_rates.rate,
    stg_fx_rates.batch_id,
    stg_fx_rates.source_line
from stg_fx_rates
cross join subject
where subject.control = 'fx_rate'
    and split_part(subject.subject_id, '/', 1) in (stg_fx_rates.base, stg_fx_rates.quote)
    and iso_day(stg_fx_rates.rate_date) <= split_part(subject.subject_id, '/', 3)
