-- One row is a day on which a needed exchange rate is missing or stale.
-- grain: base, quote, day
-- control: fx_rate
-- severity: review
-- blocks: missing
-- unit: days
-- reasons: missing, stale
-- guards: foreign money that nobody can tell in the entity's own currency; a rate that is long out of date
-- question: Was there a fresh exchange rate for every day on which one was needed?
-- causes: the rate file is missing or late; a currency that the source doesn't publish; a long bank holiday
-- action: ingest the missing rates, or add a source for the currency, and run the month again; where none was published, decide one: `carat exceptions rate PLN/USD/2026-10-02 --value 0.25 --source NAME --reason TEXT`
-- checked: from (
--         select need.base
--         from led_fx_need as need
--         where need.is_new
--             and not exists (
--                 select 1
--                 from ctl_fx_rate as named
--                 where named.subject_id = need.base || '/' || need.quote || '/' || iso_day(need.day)
--             )
--         union all
--         select subject_id
--         from ctl_fx_rate
--     ) as judged
-- not_compared_reason: no amount of the month needs an exchange rate
-- For every day used a rate was published, directly, inversely or across a common base, at most fx_max_age_days before. A missing
-- one blocks, because nothing that needs it is known: no word explains it away, only a rate. A stale one is looked at. Two
-- rates that meet in a common quote are no way across: it is said which one would be.
with pairs as (
    select base, quote, min(rate_date) as first_day
    from stg_fx_rates
    group by base, quote
),

common_quotes as (
    select
        led_fx_need.base,
        led_fx_need.quote,
        led_fx_need.day,
        min(ours.quote) as currency
    from led_fx_need
    inner join pairs as ours
        on ours.base = led_fx_need.base
        and ours.first_day <= led_fx_need.day
    inner join pairs as theirs
        on theirs.base = led_fx_need.quote
        and theirs.quote = ours.quote
        and theirs.first_day <= led_fx_need.day
    group by led_fx_need.base, led_fx_need.quote, led_fx_need.day
)

select
    run.default_entity as entity,
    'rate' as subject_kind,
    led_fx_need.base || '/' || led_fx_need.quote || '/' || iso_day(led_fx_need.day) as subject_id,
    cast(case when led_fx_rate.base is null then 1 else run.fx_max_age_days end as decimal(38, 9)) as expected,
    cast(case when led_fx_rate.base is null then 0 else led_fx_rate.age_days end as decimal(38, 9)) as actual,
    cast(case when led_fx_rate.base is null then -1 else led_fx_rate.age_days - run.fx_max_age_days end as decimal(38, 9))
        as difference,
    case when led_fx_rate.base is null then 'rates' else 'days' end as unit,
    case when led_fx_rate.base is null then 'missing' else 'stale' end as reason,
    case
        when led_fx_rate.base is null
            then 'No rate from ' || led_fx_need.base || ' to ' || led_fx_need.quote || ' was published up to '
                || iso_day(led_fx_need.day) || ', a day on which it is needed: amounts told at it are not known. Ingest it, or decide one.'
                || coalesce(' ' || led_fx_need.base || '/' || common_quotes.currency || ' and ' || led_fx_need.quote || '/' || common_quotes.currency
                    || ' are no way from the one to the other: rates are crossed by a common base. ' || led_fx_need.base || '/' || led_fx_need.quote || ', ' || led_fx_need.quote
                    || '/' || led_fx_need.base || ', or ' || common_quotes.currency || '/' || led_fx_need.base || ' with ' || common_quotes.currency || '/' || led_fx_need.quote || ' is enough.', '')
        else 'The last rate from ' || led_fx_need.base || ' to ' || led_fx_need.quote || ' is of '
            || iso_day(led_fx_rate.rate_day) || ', ' || counted(led_fx_rate.age_days, 'day') || ' before '
            || iso_day(led_fx_need.day) || '; at most ' || plain(run.fx_max_age_days) || ' are allowed.'
    end as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from led_fx_need
cross join run
left join led_fx_rate
    on led_fx_rate.base = led_fx_need.base
    and led_fx_rate.quote = led_fx_need.quote
    and led_fx_rate.day = led_fx_need.day
left join common_quotes
    on common_quotes.base = led_fx_need.base
    and common_quotes.quote = led_fx_need.quote
    and common_quotes.day = led_fx_need.day
where (led_fx_rate.base is null and (led_fx_need.is_new or led_fx_need.is_carried))
    or (led_fx_need.is_new and led_fx_rate.age_days > run.fx_max_age_days)
order by subject_id
