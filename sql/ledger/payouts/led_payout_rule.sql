-- One row is one payout requested in the period with the rule that was in force for its method.
-- grain: payout_id
-- The rule of the creator's country at the request wins over the method's rule for everywhere. Requests from before carat
-- began are inside the opening and are not judged, nor are those of agencies, which have terms of their own. hold_at is the instant whose balance may be redeemed.
with requests as (
    select
        firsts.payout_id,
        firsts.entity,
        firsts.creator_id,
        firsts.method,
        firsts.diamonds,
        firsts.currency,
        firsts.gross_amount,
        firsts.fee_amount,
        firsts.requested_at,
        firsts.batch_id,
        firsts.source_line,
        terms.country
    from led_payout_version as firsts
    cross join run
    left join stg_creators as terms
        on terms.creator_id = firsts.creator_id
        and firsts.requested_at >= terms.valid_from
        and firsts.requested_at < terms.valid_until
    where firsts.version_no = 1
        and firsts.creator_id is not null
        and firsts.accounting_month = run.period
        and firsts.requested_at >= run.first_start
),

ruled as (
    select
        requests.payout_id,
        requests.entity,
        requests.creator_id,
        requests.method,
        requests.country,
        requests.diamonds,
        requests.currency,
        requests.gross_amount,
        requests.fee_amount,
        requests.requested_at,
        requests.batch_id,
        requests.source_line,
        coalesce(own.currency, everywhere.currency) as rule_currency,
        case when own.method is not null then own.min_amount else everywhere.min_amount end as min_amount,
        case when own.method is not null then own.max_amount_per_day else everywhere.max_amount_per_day end as max_amount_per_day,
        case when own.method is not null then own.fee_fixed else everywhere.fee_fixed end as fee_fixed,
        case when own.method is not null then own.fee_rate else everywhere.fee_rate end as fee_rate,
        case when own.method is not null then own.hold_days else everywhere.hold_days end as hold_days
    from requests
    left join stg_payout_rules as own
        on own.method = requests.method
        and own.country = requests.country
        and requests.requested_at >= own.valid_from
        and requests.requested_at < own.valid_until
    left join stg_payout_rules as everywhere
        on everywhere.method = requests.method
        and coalesce(everywhere.country, '') = ''
        and requests.requested_at >= everywhere.valid_from
        and requests.requested_at < everywhere.valid_until
)

select
    payout_id,
    entity,
    creator_id,
    method,
    country,
    diamonds,
    currency,
    gross_amount,
    fee_amount,
    requested_at,
    batch_id,
    source_line,
    rule_currency,
    min_amount,
    max_amount_per_day,
    fee_fixed,
    fee_rate,
    hold_days,
    days_before(requested_at, hold_days) as hold_at
from ruled
